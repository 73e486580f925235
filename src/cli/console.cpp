#include "cli/console.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kist::cli {

bool Console::is_terminal() const noexcept {
    return isatty(fd_) == 1;
}

std::size_t Console::width() const noexcept {
    winsize size{};
    return ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Console::error(std::string_view text) {
    const std::lock_guard lock(mutex_);
    erase_line();
    write(fmt::format("kist: {}\n", text));
}

void Console::hint(std::string_view text) {
    const std::lock_guard lock(mutex_);
    write(fmt::format("      {}\n", text));
}

void Console::note(std::string_view text) {
    if (verbosity_ == Verbosity::quiet) return;
    const std::lock_guard lock(mutex_);
    erase_line();
    write(fmt::format("{}\n", text));
}

void Console::detail(std::string_view text) {
    if (verbosity_ == Verbosity::verbose) note(text);
}

void Console::draw_progress(const std::string& line) {
    const std::lock_guard lock(mutex_);
    write(fmt::format("\r{}\x1b[K", line));
    progress_shown_ = true;
}

void Console::clear_progress() {
    const std::lock_guard lock(mutex_);
    erase_line();
}

void Console::erase_line() noexcept {
    if (std::exchange(progress_shown_, false)) write("\r\x1b[K");
}

void Console::write(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto put = ::write(fd_, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}

}  // namespace kist::cli
