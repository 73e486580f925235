#pragma once
// One folder on its way back to a server.

#include "kist/mailbox/mail_restore.hpp"
#include "kist/mailbox/snapshot_folders.hpp"

#include "mailbox/message_hashes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::mailbox {

struct RestoreMessage {
    enum class State : std::uint8_t { open, sent, settled };  // settled: it will not be sent
    SnapshotMessage message;
    State state = State::open;
    unsigned losses = 0;  // of the connection, while it was on its way
};

struct RestoreFolder {
    RestoredFolder result;
    std::vector<RestoreMessage> messages;
    MessageHashes there;
    bool must_be_read = false;  // what is there is not known, or not any more
    bool is_given_up = false;

    // The messages that the server has not, by their places in `messages`: of equal ones as many as it lacks.
    std::vector<std::size_t> missing() const;
};

}  // namespace kist::mailbox
