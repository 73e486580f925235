#pragma once
// Standard output: what a command was asked for, and nothing else. With --json every line is one JSON object.
// Errors: ClosedOutput where the reader has gone (`kist ls latest | head`), Error for any other failed write.
// Threads: one.

#include "kist/base/byte_count.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace kist::cli {

// Not an Error: nobody is left to be told. main ends the program as SIGPIPE would have, after everything is closed.
struct ClosedOutput {};

enum class Format { text, json };

class Output {
  public:
    explicit Output(int fd) noexcept : fd_(fd) {}

    void text(std::string_view text);
    void line(std::string_view text);  // a newline is added
    void json(const nlohmann::ordered_json& object);
    void bytes(std::span<const std::byte> data);
    void flush();  // what is not flushed is lost: main does it after the command

  private:
    int fd_;
    std::string buffer_;
};

}  // namespace kist::cli
