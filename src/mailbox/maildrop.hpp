#pragma once
// A POP3 server, and which messages it has. A message is known by its unique id (UIDL, RFC 1939, 7), which it keeps as
// an attribute; its UID is a number of ours.

#include "mailbox/server.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace kist::mailbox {

class Maildrop {
  public:
    explicit Maildrop(const ExportOptions& options);  // outlives it

    Reconnecting<mailproto::Pop3Maildrop>& server() { return server_; }
    const Reconnecting<mailproto::Pop3Maildrop>& server() const { return server_; }
    // The numbers of this session by unique id. Of messages with the same id, which only copies may have, one counts.
    // Errors: failed where the server gives no ids.
    const std::unordered_map<std::string, std::uint64_t>& numbers();

  private:
    std::optional<std::unordered_map<std::string, std::uint64_t>> numbers_;
    Reconnecting<mailproto::Pop3Maildrop> server_;
};

using UniqueIds = std::map<std::uint32_t, std::string>;  // by UID

}  // namespace kist::mailbox
