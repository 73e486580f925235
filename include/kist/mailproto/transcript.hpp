#pragma once
// What a connection tells of itself while it is used: the dialogue as a person would have it. Secrets never come here:
// what the connection was told to hide is masked, in both directions. Texts are raw bytes of the network otherwise, and
// not for a terminal as they are.
// Threads: the one that uses the connection.

#include "kist/mailproto/certificate.hpp"

#include <cstdint>
#include <string_view>

namespace kist::mailproto {

class Transcript {
  public:
    virtual ~Transcript() = default;
    virtual void connected(std::string_view address) = 0;   // "192.0.2.1 port 143"
    virtual void encrypted(const TlsDetails& details) = 0;  // also before a refusal is thrown
    virtual void sent(std::string_view line) = 0;           // without its CRLF
    virtual void received(std::string_view line) = 0;       // without its line end
    virtual void received_bytes(std::uint64_t count) = 0;   // a literal's, taken by read_exactly()
};

}  // namespace kist::mailproto
