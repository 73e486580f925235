#include "kist/base/error.hpp"
#include "kist/mailbox/snapshot_folders.hpp"

#include "cli/age_option.hpp"
#include "cli/commands.hpp"
#include "cli/mail_removal.hpp"
#include "cli/mail_server.hpp"
#include "cli/mail_source.hpp"
#include "cli/mailbox_backup.hpp"
#include "cli/session.hpp"

#include <algorithm>

namespace kist::cli {
namespace {

class MailArchive : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host",
                         Presence::required);
        options.argument("FOLDER", folder_, "As `mail folders` shows it", Presence::required);
        options.text("--older-than", "AGE", older_than_, "What came to the server before: 2y, 18m or 2024-01-01");
        removal_.declare(options);
        access_.declare(options);
        options.footer(
            "Example:\n  kist mail archive work INBOX --older-than 2y\n\n"
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
        MailServer server(context, account_, access_);
        const auto raw = server.folder(folder_).raw;
        auto backup = back_up_mailbox(context, repository, {server.account(), {}, {"archive"}}, server.login());
        const auto snapshot = backup.summary.run.snapshot;
        backup.path = repository.open_catalog().source(snapshot.source).path;
        print(context, backup);
        mailproto::OpenedFolder folder(server.session(), raw);
        const auto old = folder.find(older_messages(repository, snapshot, raw, end));
        const auto code = removal_.remove(context, &repository, server, folder, old);
        server.logout();
        return code == ExitCode::done && !backup.complete() ? ExitCode::incomplete : code;
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
