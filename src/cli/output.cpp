#include "cli/output.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <cerrno>

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;

}  // namespace

Output::~Output() {
    end_pager();
}

bool Output::is_terminal() const noexcept {
    return isatty(fd_) == 1;
}

std::size_t Output::width() const noexcept {
    winsize size{};
    return ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Output::line(std::string_view text) {
    buffer_ += text;
    this->text("\n");
}

void Output::json(const nlohmann::ordered_json& object) {
    line(object.dump());
}

void Output::bytes(std::span<const std::byte> data) {
    flush();
    write(data);
}

void Output::flush() {
    const std::string pending = std::exchange(buffer_, {});
    write(os::as_bytes(pending));
}

void Output::finish() {
    flush();
    end_pager();
}

void Output::text(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kBufferSize) flush();
}

void Output::write(std::span<const std::byte> data) {
    if (data.empty()) return;
    if (!pager_words_.empty()) start_pager();
    try {
        os::write_all(to_pager_ ? to_pager_.get() : fd_, data, "standard output");
    } catch (const Error& error) {
        if (error.error_number() == EPIPE) throw ClosedOutput{pager_.has_value()};
        throw;
    }
}

void Output::start_pager() {
    const auto words = std::exchange(pager_words_, {});
    try {
        auto pipe = os::make_pipe();
        pager_.emplace(words, os::ChildDescriptors{pipe.read_end.get(), fd_});
        to_pager_ = std::move(pipe.write_end);
        signal(SIGINT, SIG_IGN);
        signal(SIGQUIT, SIG_IGN);
    } catch (const Error&) {  // the user sees the text all the same
    }
}

void Output::end_pager() noexcept {
    to_pager_.reset();
    pager_.reset();
}

}  // namespace kist::cli
