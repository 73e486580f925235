#pragma once
// The folders of an IMAP account, and what a server tells when one is looked into.

#include "kist/mailproto/imap_session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::mailproto {

struct ImapFolder {
    std::string raw;   // as the server writes it; the inbox is "INBOX"
    std::string name;  // decoded: UTF-8, or the raw bytes where they are no modified UTF-7
    std::optional<char> delimiter;
    bool is_selectable = true;  // it can hold messages
    bool is_subscribed = false;
    bool is_nameable = true;                 // its name can be sent; else it is not selectable either
    std::optional<ImapFolderStatus> status;  // nullopt: there is none, or the server did not say
};

// With "/" between its parts, for people and their patterns.
std::string readable_name(const ImapFolder& folder);

// All of them, in the order of their raw names' bytes, each once. With LIST-STATUS this is one round trip, else three.
// Errors: failed for more than 100,000.
std::vector<ImapFolder> list_folders(ImapSession& session);

// The answer to EXAMINE; a sink of its own may be derived to hear the rest.
struct ImapExamined : ImapSink {
    std::uint32_t messages = 0;
    std::uint32_t uid_validity = 0;  // 0: the server has none that lasts
    std::uint32_t uid_next = 0;
    std::uint64_t highest_modseq = 0;  // 0: it keeps none

    void on_exists(std::uint32_t count) override { messages = count; }
    void on_status(const ImapStatus& status) override;
};

// The UIDs that SEARCH finds in the open folder, rising, none twice. Errors: failed where the server refuses it.
std::vector<std::uint32_t> find_uids(ImapSession& session, const std::string& criteria);

// The number that follows `word` in a status's code; nullopt: it is another code.
std::optional<std::uint64_t> code_number(const ImapStatus& status, std::string_view word);

}  // namespace kist::mailproto
