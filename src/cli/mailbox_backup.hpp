#pragma once
// `kist backup` of one mailbox.

#include "kist/repository/repository.hpp"

#include "cli/backup_report.hpp"
#include "cli/command.hpp"
#include "cli/mail_account.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

struct MailboxBackup {
    MailAccount account;
    std::optional<Timestamp> time;
    std::vector<std::string> tags;
};

// Errors: as of mailbox::export_mailbox() and MailLogin.
SourceResult back_up_mailbox(Context& context, repository::Repository& repository, const MailboxBackup& backup,
                             const MailLogin& login);

}  // namespace kist::cli
