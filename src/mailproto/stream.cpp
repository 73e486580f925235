#include "mailproto/stream.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace kist::mailproto {
namespace {

Transfer outcome(ssize_t result, Need need) noexcept {
    if (result >= 0) return {static_cast<std::size_t>(result), Need::nothing, false, 0};
    if (errno == EAGAIN || errno == EINTR) return {0, need, false, 0};
    return {0, Need::nothing, false, errno};
}

}  // namespace

Transfer PlainStream::read(std::span<char> buffer) noexcept {
    auto transfer = outcome(recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT), Need::input);
    transfer.has_ended = transfer.count == 0 && transfer.need == Need::nothing && transfer.error == 0;
    return transfer;
}

Transfer PlainStream::write(std::span<const std::byte> bytes) noexcept {
    return outcome(send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL), Need::output);
}

}  // namespace kist::mailproto
