#pragma once
// From a host's name to a connected socket.

#include "kist/os/fd.hpp"

#include "mailproto/waiting.hpp"

#include <cstdint>
#include <string>

namespace kist::mailproto {

struct Connected {
    os::Fd socket;            // does not block
    std::string address;      // "192.0.2.1 port 143"
    bool is_private = false;  // this machine, or a network that is not routed in public
};

// Looks the name up, and tries its addresses in the system's order: the next one begins when the last has failed or
// taken 250 ms (RFC 8305). Errors: not_found where the name does not exist, interrupted, failed with the last address's
// reason or because the deadline has come.
Connected connect_to(const std::string& host, std::uint16_t port, Deadline deadline,
                     const std::atomic<bool>* interrupted);

}  // namespace kist::mailproto
