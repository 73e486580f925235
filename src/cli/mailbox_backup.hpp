#pragma once
// `kist backup` of mailboxes.

#include "kist/repository/repository.hpp"
#include "kist/repository/run_group.hpp"

#include "cli/backup_report.hpp"
#include "cli/command.hpp"
#include "cli/mail_account.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

struct MailboxBackup {
    MailAccount account;
    std::optional<Timestamp> time;
    std::vector<std::string> tags;
    const MailLogin* login = nullptr;  // outlives it
};

// Errors: as of mailbox::export_mailbox() and MailLogin.
SourceResult back_up_mailbox(Context& context, repository::Repository& repository, const MailboxBackup& backup);

// What became of one of several.
struct MailboxOutcome {
    std::optional<SourceResult> result;
    std::optional<Error> error;
};

// Several at once, each as above, and one progress line for all.
struct MailboxesBackup {
    std::size_t count = 0;
    std::function<MailboxBackup(std::size_t which)> prepare;  // what it throws is that one's error
    // As each ends. False: no further one begins.
    std::function<bool(std::size_t which, MailboxOutcome&& outcome)> conclude;
};

// Neither function is called in two threads at once. Errors: as of RunGroup.
void back_up_mailboxes(Context& context, repository::Repository& repository, const MailboxesBackup& backups);

}  // namespace kist::cli
