#include "kist/base/error.hpp"
#include "kist/mailbox/maildrop_archive.hpp"
#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/os/directory.hpp"

#include "cli/age_option.hpp"
#include "cli/commands.hpp"
#include "cli/mail_removal.hpp"
#include "cli/mail_server.hpp"
#include "cli/mail_source.hpp"
#include "cli/mailbox_backup.hpp"
#include "cli/session.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailArchive : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host, pop3s://user@host",
                         Presence::required);
        options.argument("FOLDER", folder_, "As `mail folders` shows it; a POP3 account has none");
        options.text("--older-than", "AGE", older_than_, "What came to the server before: 2y, 18m or 2024-01-01");
        removal_.declare(options);
        access_.declare(options);
        options.footer(
            "Examples:\n  kist mail archive work INBOX --older-than 2y\n"
            "  kist mail archive pop3s://anna@mail.example.org --older-than 30d\n\n"
            "Backs the account up, compares each of these messages with the server and with its hash on the volume, "
            "and then\n"
            "removes them from the server. In the snapshot they stay, as long as it is kept: the snapshot gets the "
            "tag\n"
            "archive, which retention can keep.");
    }

    ExitCode run(Context& context) override {
        if (older_than_.empty()) throw Error(ErrorCode::usage, "how old?", "Like --older-than 2y.");
        const auto end = parse_age("--older-than", older_than_, context.clock.now());
        removal_.require_consent();
        return with_repository(context,
                               [&](repository::Repository& repository) { return archive(context, repository, end); });
    }

  private:
    ExitCode archive(Context& context, repository::Repository& repository, Timestamp end) const {
        const auto account = find_mail_account(context.options.configured, account_);
        if (account.url.protocol == mailproto::Protocol::pop3) {
            if (!folder_.empty() && folder_ != "INBOX")
                throw Error(ErrorCode::usage, "a POP3 account has no folders but INBOX");
            return archive_maildrop(context, repository, account, end);
        }
        if (folder_.empty())
            throw Error(ErrorCode::usage, "which folder?", "`kist mail folders ACCOUNT` shows those there are.");
        MailServer server(context, account_, access_);
        const auto raw = server.folder(folder_).raw;
        const auto backup = back_up(context, repository, server.account(), server.login());
        const auto snapshot = backup.summary.run.snapshot;
        mailproto::OpenedFolder folder(server.session(), raw);
        const auto old = folder.find(older_messages(repository, snapshot, raw, end));
        const auto code = removal_.remove(context, &repository, server, folder, old);
        server.logout();
        return code == ExitCode::done && !backup.complete() ? ExitCode::incomplete : code;
    }

    ExitCode archive_maildrop(Context& context, repository::Repository& repository, const MailAccount& account,
                              Timestamp end) const {
        const MailLogin login(account, access_, context.options.configured);
        const auto backup = back_up(context, repository, account, login);
        const auto drop = login.connect_pop3();
        const auto proof = mailbox::prove_older(repository, backup.summary.run.snapshot, drop->session(), end);
        std::vector<std::string> lines;
        for (const auto& [id, reason] : proof.unproven)
            lines.push_back(fmt::format("message {}: {}", os::printable(id), reason));
        if (!lines.empty())
            throw unproven(lines.size() + proof.proven.size(), lines,
                           "The same command begins with a new backup. `kist check` looks for damage.");
        const auto code = remove(context, *drop, proof.proven);
        return code == ExitCode::done && !backup.complete() ? ExitCode::incomplete : code;
    }

    ExitCode remove(Context& context, mailproto::Pop3Maildrop& drop,
                    const std::vector<mailbox::MaildropMessage>& messages) const {
        const auto report = [&](const char* type, std::size_t count, std::size_t left) {
            return MailRemoval::report(context, type, "INBOX", count, left);
        };
        if (messages.empty()) return report("removed", 0, 0);
        const auto first = [&](std::size_t most) {
            std::vector<std::string> lines;
            for (const auto& message : std::span(messages).first(most))
                lines.push_back(fmt::format("{:>6}  {}", message.number, shortened_subject(message.subject)));
            return lines;
        };
        removal_.ask(context, messages.size(), first,
                     fmt::format("Remove {} messages from the server?", messages.size()));
        if (removal_.is_rehearsal()) return report("dry-run", messages.size(), messages.size());
        const auto removed = mailbox::remove_and_quit(drop.session(), messages);
        return report("removed", removed, messages.size() - removed);
    }

    SourceResult back_up(Context& context, repository::Repository& repository, const MailAccount& account,
                         const MailLogin& login) const {
        auto backup = back_up_mailbox(context, repository, {account, {}, {"archive"}, &login});
        backup.path = repository.open_catalog().source(backup.summary.run.snapshot.source).path;
        print(context, backup);
        return backup;
    }

    // Rising. Errors: usage where the folder is not backed up.
    static std::vector<std::uint32_t> older_messages(const repository::Repository& repository,
                                                     const repository::Snapshot& snapshot, const std::string& raw,
                                                     Timestamp end) {
        auto catalog = repository.open_catalog();
        const auto folders = mailbox::snapshot_folders(catalog, snapshot);
        const auto folder = std::ranges::find(folders, raw, &mailbox::SnapshotFolder::raw);
        if (folder == folders.end())
            throw Error(ErrorCode::usage, "this folder is not backed up: the configuration excludes it");
        std::vector<std::uint32_t> uids;
        for (const auto& message : mailbox::snapshot_messages(catalog, snapshot, *folder))
            if (message.date < end) uids.push_back(message.uid);
        return uids;
    }

    std::string account_;
    std::string folder_;
    std::string older_than_;
    MailRemoval removal_;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_archive() {
    return std::make_unique<MailArchive>();
}

}  // namespace kist::cli
