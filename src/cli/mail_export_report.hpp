#pragma once
// What `kist mail export` says: what it would write, and what it has written.

#include "kist/mailbox/mail_files.hpp"
#include "kist/repository/snapshot.hpp"

#include "cli/command.hpp"

#include <chrono>
#include <string>

namespace kist::cli {

struct MailExportResult {
    repository::SnapshotNumber snapshot = 0;
    std::string target;
    mailbox::MailFormat format = mailbox::MailFormat::maildir;
    std::vector<mailbox::UnreadMessage> unread;  // that may fit, or not
    mailbox::MailFilesSummary summary;
    std::chrono::duration<double> took{};

    bool complete() const { return unread.empty() && summary.troubles.empty(); }
};

// "maildir", "mboxrd", "eml" or "mbox+folders". Errors: usage, for anything else.
mailbox::MailFormat parse_mail_format(const std::string& text);

void print(Context& context, const MailExportResult& result);
// For --dry-run.
void print_plan(Context& context, repository::SnapshotNumber snapshot, const mailbox::Selection& selection,
                const mailbox::MailFilesOptions& options);

}  // namespace kist::cli
