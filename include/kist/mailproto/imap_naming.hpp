#pragma once
// How a server names the user's own folders: what they begin with, and what stands between their parts.

#include "kist/mailproto/imap_session.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

class ImapNaming {
  public:
    ImapNaming() = default;
    ImapNaming(std::string prefix, std::optional<char> delimiter) : prefix_(std::move(prefix)), delimiter_(delimiter) {}

    // Asks by NAMESPACE (RFC 2342), or by LIST "" "". One round trip. Errors: those of the session.
    static ImapNaming of(ImapSession& session);

    std::optional<char> delimiter() const { return delimiter_; }

    // parts: decoded. INBOX in any case of letters is the inbox; a first part that only repeats the prefix is left out.
    // A delimiter within a part becomes "_", which also stands between parts where the server has no delimiter. What is
    // no UTF-8 is taken as it is. Errors: usage where a part is empty.
    std::string server_name(const std::vector<std::string>& parts) const;
    // readable: with "/" between its parts.
    std::string server_name(std::string_view readable) const;

  private:
    std::string encoded(const std::string& part) const;

    std::string prefix_;
    std::optional<char> delimiter_;
};

}  // namespace kist::mailproto
