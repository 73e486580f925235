#include "cli/output.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <cerrno>

#include <nlohmann/json.hpp>

namespace kist::cli {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;

void write_out(int fd, std::span<const std::byte> data) {
    try {
        os::write_all(fd, data, "standard output");
    } catch (const Error& error) {
        if (error.error_number() == EPIPE) throw ClosedOutput{};
        throw;
    }
}

}  // namespace

void Output::line(std::string_view text) {
    buffer_ += text;
    this->text("\n");
}

void Output::json(const nlohmann::ordered_json& object) {
    line(object.dump());
}

void Output::bytes(std::span<const std::byte> data) {
    flush();
    write_out(fd_, data);
}

void Output::flush() {
    const std::string pending = std::exchange(buffer_, {});
    write_out(fd_, os::as_bytes(pending));
}

void Output::text(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kBufferSize) flush();
}

}  // namespace kist::cli
