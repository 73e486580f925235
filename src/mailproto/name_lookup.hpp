#pragma once
// Host names to addresses, without waiting longer than wanted.

#include "mailproto/waiting.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace kist::mailproto {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    int family = 0;
};

// At most 16, in the order in which they are to be tried. Errors: not_found, interrupted, failed.
std::vector<SocketAddress> look_up(const std::string& host, std::uint16_t port, Deadline deadline,
                                   const std::atomic<bool>* interrupted);

std::string numeric_host(const SocketAddress& address);

// This machine, or a private network: RFC 1122, 1918, 3927, 4193, 4291.
bool is_private(const SocketAddress& address) noexcept;

}  // namespace kist::mailproto
