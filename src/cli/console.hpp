#pragma once
// Standard error: messages for people, and the one progress line below them. A message takes the progress line away
// first; the next sample draws it again. Texts must be printable (os::printable for names).
// Threads: any.

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace kist::cli {

enum class Verbosity { quiet, normal, verbose };

class Console {
  public:
    Console(int fd, Verbosity verbosity) noexcept : fd_(fd), verbosity_(verbosity) {}

    Verbosity verbosity() const noexcept { return verbosity_; }
    void set_verbosity(Verbosity verbosity) noexcept { verbosity_ = verbosity; }
    bool is_terminal() const noexcept;
    std::size_t width() const noexcept;  // of the terminal in columns; 80 where it is not known

    void error(std::string_view text);   // always shown, as "kist: TEXT"
    void hint(std::string_view text);    // always shown: what to do next
    void note(std::string_view text);    // not with --quiet
    void detail(std::string_view text);  // only with --verbose

    void draw_progress(const std::string& line);  // cut to the terminal's width by the caller
    void clear_progress();

  private:
    void write(std::string_view text) noexcept;  // best effort: standard error may be closed
    void erase_line() noexcept;

    const int fd_;
    Verbosity verbosity_;
    std::mutex mutex_;
    bool progress_shown_ = false;  // guarded by mutex_
};

}  // namespace kist::cli
