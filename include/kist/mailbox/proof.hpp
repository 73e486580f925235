#pragma once
// Whether messages on a server may go, because a snapshot holds them.

#include "kist/mailproto/imap_session.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::mailbox {

struct ServerMessages {
    std::string folder;  // as the server writes it; it is open in the session
    std::uint32_t uid_validity = 0;
    std::vector<std::uint32_t> uids;  // rising
};

struct Unproven {
    std::uint32_t uid = 0;
    std::string reason;  // printable
};

// Those for which not all of this is so: the snapshot has the folder with the same UIDVALIDITY and the UID in it; every
// byte that the server gives now is what the snapshot's hash says; and what is stored has that hash, too. So all of
// them are read twice, once from the server and once from the volume. Errors: those of the session and the catalog.
std::vector<Unproven> find_unproven(const repository::Repository& repository, const repository::Snapshot& snapshot,
                                    mailproto::ImapSession& session, const ServerMessages& messages);

}  // namespace kist::mailbox
