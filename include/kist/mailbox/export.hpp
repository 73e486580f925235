#pragma once
// A mailbox as a source: what differs between an IMAP account, or a POP3 maildrop, and its newest snapshot becomes a
// new snapshot. In latest/mail/ACCOUNT it is a Maildir++ tree; doc/format.md, "Mail", says what stands where.
//
// Nothing on the server changes: folders are opened by EXAMINE, messages read by BODY.PEEK or RETR.

#include "kist/base/timestamp.hpp"
#include "kist/mailproto/imap_session.hpp"
#include "kist/mailproto/pop3_maildrop.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/run.hpp"
#include "kist/repository/run_group.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailbox {

enum class Phase : std::uint8_t { looking, fetching, committing };

// Written by the run, read by whoever draws it.
struct Progress {
    std::atomic<Phase> phase = Phase::looking;
    std::atomic<std::uint64_t> folders_seen = 0;
    std::atomic<std::uint64_t> messages_done = 0;
    std::atomic<std::uint64_t> messages_total = 0;  // known when fetching begins
    std::atomic<std::uint64_t> bytes_done = 0;
};

struct ExportOptions {
    std::string account;
    std::string name{};  // of the source, from the configuration; empty: it keeps the one it has
    // Makes a session, logged in; again after a lost connection. One of the two. That of IMAP is called in several
    // threads where there may be several connections.
    std::function<std::unique_ptr<mailproto::ImapSession>()> connect{};
    std::function<std::unique_ptr<mailproto::Pop3Maildrop>()> connect_pop3{};
    // Whether a folder is backed up, by its decoded name with "/" between its parts; none: all are.
    std::function<bool(const std::string& folder)> wants{};
    std::optional<Timestamp> time{};  // the snapshot's; else the clock's when the run begins
    std::vector<std::string> tags{};
    unsigned connections = 1;               // at most, at a time; more than one for many messages only
    std::optional<ByteCount> most_bytes{};  // of messages that are fetched; what is left is said as skipped
    // Told of them every 16 MiB, by any thread, one at a time: what a run that is killed has fetched counts, too.
    std::function<void(ByteCount fetched)> count_fetched{};
    std::chrono::milliseconds first_pause{1000};  // before connecting again; each further one is twice as long
    Progress* progress = nullptr;
    const std::atomic<bool>* interrupted = nullptr;  // set: stop soon, and leave everything as it was
};

struct ExportSummary {
    repository::RunSummary run;
    std::uint64_t folders = 0;
    std::uint64_t excluded = 0;  // folders that were not wanted
    std::uint64_t fetched = 0;   // messages
    ByteCount bytes_fetched;
    std::uint64_t taken_over = 0;  // messages that an interrupted run had fetched
    ByteCount bytes_taken_over;
    // Messages that were not fetched again, as their server has lasting ids for them: that came with another folder,
    // and that the newest snapshot has from another folder or under another number.
    std::uint64_t in_other_folders = 0;
    std::uint64_t held = 0;
    std::uint64_t reconnections = 0;
};

// Errors: those of connect(); usage for a tag that cannot be one; busy, no_space, interrupted; failed where the server
// says nothing that makes sense, or the connection is lost again and again. Whatever is thrown, the snapshots are those
// that were there before, and what was fetched is kept for the account's next run. A folder or message that the server
// refuses is in the summary, and keeps its last known state.
ExportSummary export_mailbox(repository::Repository& repository, const ExportOptions& options, const Clock& clock);
// The same beside other accounts: each in a thread of its own, all with the same group.
ExportSummary export_mailbox(repository::RunGroup& group, const ExportOptions& options, const Clock& clock);

}  // namespace kist::mailbox
