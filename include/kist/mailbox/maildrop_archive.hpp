#pragma once
// Messages go from a POP3 server because a snapshot holds them. All in one session, for which alone the server's
// numbers count; it removes at the session's end (QUIT) or, where the connection breaks before, nothing (RFC 1939, 6).

#include "kist/mailproto/pop3_maildrop.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::mailbox {

struct MaildropMessage {
    std::uint64_t number = 0;  // in this session
    std::string unique_id;     // printable
    std::string subject;       // decoded, not for a terminal as it is
};

struct UnprovenMaildropMessage {
    std::string unique_id;
    std::string reason;  // printable
};

// Of the messages that the server has and the snapshot dates before a time.
struct MaildropProof {
    std::vector<MaildropMessage> proven;  // in the server's order
    std::vector<UnprovenMaildropMessage> unproven;
};

// Proven is what has a unique id (UIDL) of its own that the snapshot knows; every byte that the server gives now is
// what the snapshot's hash says; and what is stored has that hash, too. Errors: those of the session and the catalog;
// usage where the server has no unique ids.
MaildropProof prove_older(const repository::Repository& repository, const repository::Snapshot& snapshot,
                          mailproto::Pop3Session& session, Timestamp end);

// Ends the session. How many are gone; the others were refused. Errors: failed where the server does not confirm, so
// that nobody knows.
std::uint64_t remove_and_quit(mailproto::Pop3Session& session, const std::vector<MaildropMessage>& messages);

}  // namespace kist::mailbox
