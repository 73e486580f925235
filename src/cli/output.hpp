#pragma once
// Standard output: what a command was asked for, and nothing else. With --json every line is one JSON object. On a
// terminal a pager may stand between: it is started with the first output, and the output's end waits for it.
// Errors: ClosedOutput where the reader has gone (`kist ls latest | head`), Error for any other failed write.
// Threads: one.

#include "kist/base/byte_count.hpp"
#include "kist/os/child.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace kist::cli {

// Not an Error: nobody is left to be told. main ends the program as SIGPIPE would have, after everything is closed;
// quietly where a pager was left.
struct ClosedOutput {
    bool was_pager = false;
};

enum class Format { text, json };
enum class Colours { off, on };

class Output {
  public:
    explicit Output(int fd) noexcept : fd_(fd) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output();  // of a pager: nothing more comes; waits until it ends

    // From the first output on through this program; directly, where it cannot be started. As long as it runs, Ctrl-C
    // is its own.
    void page_with(std::vector<std::string> pager) { pager_words_ = std::move(pager); }
    void set_colours(Colours colours) noexcept { colours_ = colours; }

    bool is_terminal() const noexcept;   // also behind a pager
    std::size_t width() const noexcept;  // of the terminal in columns; 80 where it is not known
    bool has_colours() const noexcept { return colours_ == Colours::on; }

    void text(std::string_view text);
    void line(std::string_view text);  // a newline is added
    void json(const nlohmann::ordered_json& object);
    void bytes(std::span<const std::byte> data);
    void flush();   // what is not flushed is lost
    void finish();  // main does it after the command: flushes, and waits for a pager

  private:
    void write(std::span<const std::byte> data);
    void start_pager();
    void end_pager() noexcept;

    int fd_;
    std::string buffer_;
    std::vector<std::string> pager_words_;
    os::Fd to_pager_;
    std::optional<os::Child> pager_;
    Colours colours_ = Colours::off;
};

}  // namespace kist::cli
