#pragma once
// What is asked of a server about one folder, to find out which messages are in it and how they are flagged. Asking and
// hearing are apart, so that the next folders can be asked about while answers are on their way.

#include "kist/mailproto/imap_folders.hpp"

#include "mailbox/flag_table.hpp"
#include "mailbox/folder_record.hpp"
#include "mailbox/lasting_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::mailbox {

struct SeenMessage {
    std::uint32_t uid = 0;
    std::optional<FlagTable::Index> flags{};  // nullopt: the server has not said
    LastingId id{};
};

enum class Inquiry : std::uint8_t {
    whole,    // all messages with their flags
    careful,  // the same, and a list of their numbers: for servers whose answers leave some out; no ids are asked for
    changes,  // what changed since the record's modseq, and which numbers there are (CONDSTORE)
    resync,   // the same in one command (QRESYNC)
};

struct FolderReport {
    bool is_whole = false;          // `seen` is everything; else it is what changed, and what is new
    std::vector<SeenMessage> seen;  // by UID, each once
    // Not with is_whole: what is gone; of changes instead what is there.
    std::vector<mailproto::UidRange> vanished;
    std::optional<std::vector<std::uint32_t>> present;
    std::uint32_t messages = 0;  // how many there are
    std::uint32_t uid_validity = 0;
    std::uint32_t uid_next = 0;
    std::uint64_t highest_modseq = 0;
    std::string trouble;       // the server does not let it be read; then nothing else counts
    bool is_doubtful = false;  // it contradicts itself: ask again, carefully
};

// since: of changes and resync. Sends one to three commands. Of what is new, lasting ids are asked for where there are
// such (X-GM-EXT-1, OBJECTID).
void ask_folder(mailproto::ImapSession& session, const std::string& raw_name, Inquiry inquiry,
                const FolderRecord& since);
// Finishes them; in the order of asking.
FolderReport hear_folder(mailproto::ImapSession& session, Inquiry inquiry, const FolderRecord& since, FlagTable& flags);

}  // namespace kist::mailbox
