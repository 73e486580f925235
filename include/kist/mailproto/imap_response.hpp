#pragma once
// What an IMAP server says (RFC 3501, 4551, 5258, 7162), as values. Texts are the server's own bytes, bounded, and not
// for a terminal as they are.

#include "kist/base/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

enum class ImapCondition : std::uint8_t { ok, no, bad, bye, preauth };

struct ImapStatus {
    ImapCondition condition = ImapCondition::ok;
    std::string code;  // "UIDVALIDITY 3857529045"; empty: none
    std::string text;
};

// A name from LIST, as the server writes it.
struct ImapListed {
    std::string name;
    std::optional<char> delimiter;
    std::vector<std::string> attributes;  // "\Noselect"

    bool has(std::string_view attribute) const;  // in any case of letters
};

// The first of the user's own namespaces (RFC 2342): what all names of folders but INBOX begin with.
struct ImapNamespace {
    std::string prefix;
    std::optional<char> delimiter;
};

struct ImapFolderStatus {
    std::string name;
    std::optional<std::uint32_t> messages;
    std::optional<std::uint32_t> uid_next;
    std::optional<std::uint32_t> uid_validity;
    std::optional<std::uint64_t> highest_modseq;
};

struct ImapFetched {
    std::uint32_t sequence = 0;
    std::optional<std::uint32_t> uid;
    std::optional<std::vector<std::string>> flags;  // "\Seen" and keywords
    std::optional<Timestamp> internal_date;
    std::optional<std::uint64_t> size;          // what the server thinks it is
    std::optional<std::uint64_t> gmail_number;  // X-GM-MSGID: of the message in all folders of the account
    std::optional<std::string> email_id;        // EMAILID (RFC 8474): the same wherever the message stands
    bool has_body = false;                      // of the section that was asked for; false where the server said NIL
};

// First and last, both included.
struct UidRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;

    friend bool operator==(const UidRange&, const UidRange&) = default;
};

// Called for each answer as it is read; what it throws comes out of the reading, and the connection is of no use then.
class ImapSink {
  public:
    virtual ~ImapSink() = default;
    virtual void on_status(const ImapStatus&) {}  // of no command: OK, NO, BAD, BYE
    virtual void on_capability(std::string_view) {}
    virtual void on_exists(std::uint32_t) {}
    virtual void on_listed(const ImapListed&) {}
    virtual void on_subscribed(const ImapListed&) {}
    virtual void on_namespace(const ImapNamespace&) {}
    virtual void on_folder_status(const ImapFolderStatus&) {}
    virtual void on_found(std::uint32_t) {}  // by SEARCH, one by one
    virtual void on_vanished(const UidRange&) {}
    // Of one FETCH: the body first, in pieces, whether or not its UID is known yet; then all that was said.
    virtual void on_body_begin() {}
    virtual void on_body(std::span<const std::byte>) {}
    virtual void on_fetched(const ImapFetched&) {}
};

// "1:3,7" of rising numbers, cut into texts of at most about `longest` bytes.
std::vector<std::string> uid_sets(const std::vector<std::uint32_t>& uids, std::size_t longest);

// "17-Jul-1996 02:44:25 -0700"; nullopt: no such time.
std::optional<Timestamp> parse_internal_date(std::string_view text);
// The same, in UTC and without quotes. Years before 0 and beyond 9999 cannot be.
std::string internal_date_text(Timestamp time);

}  // namespace kist::mailproto
