#pragma once
// By what a server knows a message in whichever folder it stands and whatever number it has there: Gmail's X-GM-MSGID
// (developers.google.com/gmail/imap), or EMAILID (RFC 8474), which says that bytes and date are the same.

#include "kist/mailproto/imap_response.hpp"
#include "kist/repository/entry.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace kist::mailbox {

// With RFC822.SIZE: what is said of one message has to agree.
struct LastingId {
    std::uint64_t number = 0;  // 63 bits that stand for it; 0: the server has not said
    std::uint64_t size = 0;

    explicit operator bool() const { return number != 0; }
    friend bool operator==(const LastingId&, const LastingId&) = default;

    struct Hash {
        std::size_t operator()(const LastingId& id) const { return std::hash<std::uint64_t>()(id.number); }
    };
};

LastingId lasting_id_of(const mailproto::ImapFetched& message);

// In the catalog the number stands as the time of change, which messages have no use for; without one that is
// UIDVALIDITY, as the time of birth is.
void set_lasting_id(os::FileStatus& status, const LastingId& id);
LastingId lasting_id_of(const repository::Entry& message);

}  // namespace kist::mailbox
