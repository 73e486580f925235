#include "kist/base/error.hpp"
#include "kist/mailbox/folder_choice.hpp"
#include "kist/mailbox/mail_restore.hpp"
#include "kist/mailbox/message_selection.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/mail_account.hpp"
#include "cli/mail_restore_report.hpp"
#include "cli/mail_source.hpp"
#include "cli/message_options.hpp"
#include "cli/progress.hpp"
#include "cli/prompt.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

ProgressSample sample(const mailbox::MailRestoreProgress& progress) {
    if (!progress.is_sending) return {"comparing", progress.messages_read, 0, 0, 0};
    return {"sending mail", progress.messages_done, progress.messages_total, progress.bytes_done, 0};
}

class MailRestoring : public Command {
  public:
    void declare(Options& options) override {
        options.argument("SNAPSHOT", snapshot_, "Which snapshot of the mailbox", Presence::required);
        options.argument("ACCOUNT", account_,
                         "Whose: a mailbox of the configuration, its URL, or its folder's name in latest/mail",
                         Presence::required);
        messages_.declare(options);
        options.text("--to", "ACCOUNT", to_, "Send to this mailbox (its URL or name) instead of the same one");
        options.flag("--dry-run", dry_run_, "Change nothing: show what would be sent");
        options.flag("--yes", yes_, "Do not ask before anything is sent");
        access_.declare(options);
        options.footer(
            "Examples:\n"
            "  kist mail restore latest work --folder Lists/kist\n"
            "  kist mail restore yesterday anna@mail.example.org --to imaps://anna@new.example.org\n\n"
            "Sends what the server does not have, by the hash of the whole message, with flags, keywords and dates;\n"
            "creates folders that are missing, and subscribes to those that were subscribed. Nothing on the server is\n"
            "deleted or changed. An interrupted restore goes on where it stopped. Exit code 3: done, but some "
            "messages\n"
            "were damaged, or refused by the server; they are named.");
    }

    ExitCode run(Context& context) override {
        if (!dry_run_ && !yes_ && !can_ask())
            throw Error(ErrorCode::usage, "sending mail to a server has to be confirmed, and there is no terminal",
                        "Give --yes, or --dry-run to see what would be sent.");
        return with_repository(context,
                               [&](repository::Repository& repository) { return restore(context, repository); });
    }

  private:
    ExitCode restore(Context& context, const repository::Repository& repository) const {
        const auto target = find_mail_account(context.options.configured, to_.empty() ? account_ : to_);
        mailbox::MailRestoreOptions options;
        options.snapshot = find_snapshot(context, repository);
        const mailbox::FolderChoice choice(messages_.folders(), {});
        const auto query = messages_.query(context.clock.now());
        auto catalog = repository.open_catalog();
        mailbox::MessageSearch search(repository, catalog, query);
        if (!query.is_everything())
            options.wants_message = [&](const auto& message) { return may_fit(search, message); };
        const MailLogin login(target, access_, context.options.configured);
        mailbox::MailRestoreProgress progress;
        options.connect = [&] { return login.connect(); };
        options.wants = [&](const std::string& folder) { return choice.wants(folder); };
        options.progress = &progress;
        options.interrupted = &interrupt_flag();
        mailbox::MailRestore restore(repository, options);
        MailRestoreResult result;
        result.snapshot = options.snapshot.number;
        result.server = os::printable(target.name);
        result.is_rehearsal = dry_run_;
        const auto start = std::chrono::steady_clock::now();
        work(context, progress, [&] { restore.look(); });
        result.took = std::chrono::steady_clock::now() - start;
        result.summary = restore.summary();
        if (!dry_run_ && result.changes() > 0) {
            if (!yes_) ask(context, result);
            const auto again = std::chrono::steady_clock::now();
            work(context, progress, [&] { restore.send(); });
            result.took += std::chrono::steady_clock::now() - again;
            result.summary = restore.summary();
        }
        print(context, result);
        return result.complete() ? ExitCode::done : ExitCode::incomplete;
    }

    repository::Snapshot find_snapshot(Context& context, const repository::Repository& repository) const {
        auto catalog = repository.open_catalog();
        const auto source = find_mail_source(catalog, context.options.configured, account_);
        return find_mail_snapshot(catalog, source, snapshot_, context.clock.now());
    }

    // What cannot be read is not sent either: that is said then.
    static bool may_fit(mailbox::MessageSearch& search, const mailbox::SnapshotMessage& message) {
        try {
            return search.match(message).has_value();
        } catch (const Error& error) {
            if (error.code() != ErrorCode::damaged) throw;
            return true;
        }
    }

    static void work(Context& context, const mailbox::MailRestoreProgress& progress,
                     const std::function<void()>& task) {
        const Progress line(context.console, drawing(context), [&] { return sample(progress); });
        task();
    }

    static void ask(Context& context, const MailRestoreResult& result) {
        show_plan(context, result);
        if (!confirm(fmt::format("Send {} messages to {}?", result.missing(), result.server)))
            throw Error(ErrorCode::interrupted, "nothing was sent");
    }

    std::string snapshot_;
    std::string account_;
    MessageOptions messages_;
    std::string to_;
    bool dry_run_ = false;
    bool yes_ = false;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_restore() {
    return std::make_unique<MailRestoring>();
}

}  // namespace kist::cli
