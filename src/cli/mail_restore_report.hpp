#pragma once
// What `kist mail restore` says: what it would send, and what it has sent.

#include "kist/mailbox/mail_restore.hpp"

#include "cli/command.hpp"

#include <chrono>
#include <string>

namespace kist::cli {

struct MailRestoreResult {
    repository::SnapshotNumber snapshot = 0;
    std::string server;  // printable
    mailbox::MailRestoreSummary summary;
    bool is_rehearsal = false;
    std::chrono::duration<double> took{};

    std::uint64_t missing() const;
    std::uint64_t changes() const;  // messages, and folders that are created or subscribed
    bool complete() const { return summary.troubles.empty(); }
};

// For people, before they are asked. To standard error.
void show_plan(Context& context, const MailRestoreResult& result);
void print(Context& context, const MailRestoreResult& result);

}  // namespace kist::cli
