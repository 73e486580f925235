#include "kist/base/error.hpp"
#include "kist/mailbox/folder_choice.hpp"
#include "kist/mailbox/mail_files.hpp"

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/mail_export_report.hpp"
#include "cli/mail_source.hpp"
#include "cli/message_options.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"

namespace kist::cli {
namespace {

class MailExporting : public Command {
  public:
    void declare(Options& options) override {
        options.argument("SNAPSHOT", snapshot_, "Which snapshot of the mailbox", Presence::required);
        options.argument("ACCOUNT", account_,
                         "Whose: a mailbox of the configuration, its URL, or its folder's name in latest/mail",
                         Presence::required);
        options.text("--to", "DIR", to_, "Write into this directory; it is made where it is missing");
        options.text("--format", "FORMAT", format_, "maildir (default), mboxrd, eml or mbox+folders");
        messages_.declare(options);
        options.flag("--dry-run", dry_run_, "Write nothing: show what would be written");
        options.footer(
            "Examples:\n"
            "  kist mail export latest work --to ~/old-mail\n"
            "  kist mail export yesterday work --folder Lists/kist --format mboxrd --to .\n"
            "  kist mail export latest work --from bert --since 1y --format eml --to from-bert\n\n"
            "maildir: folders for mutt and Dovecot, with flags and dates, and a muttrc to look at them.\n"
            "mboxrd: one file. mbox+folders: a file for each folder, as Thunderbird keeps them. eml: a file for each "
            "message.\n"
            "Every message is compared with its hash. Nothing that is there already is overwritten; what is there "
            "just\n"
            "so is left, so the same command goes on where an interrupted one stopped. Exit code 3: done, but some\n"
            "messages were damaged, or something else of their name was there; they are named.");
    }

    ExitCode run(Context& context) override {
        if (to_.empty()) throw Error(ErrorCode::usage, "where to?", "Like --to DIR.");
        const auto format = parse_mail_format(format_);
        return with_repository(context, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const auto source = find_mail_source(catalog, context.options.configured, account_);
            const auto snapshot = find_mail_snapshot(catalog, source, snapshot_, context.clock.now());
            MailExportResult result;
            result.snapshot = snapshot.number;
            const auto selection = select(context, {repository, catalog}, snapshot, result.unread);
            mailbox::MailFilesOptions options;
            options.target = to_;
            options.format = format;
            options.account = source.path.substr(1);
            options.interrupted = &interrupt_flag();
            if (dry_run_) {
                print_plan(context, snapshot.number, selection, options);
                return ExitCode::done;
            }
            result.target = to_;
            result.format = format;
            return write(context, {repository, catalog}, selection, options, result);
        });
    }

  private:
    struct From {
        const repository::Repository& repository;
        repository::Catalog& catalog;
    };

    mailbox::Selection select(Context& context, const From& from, const repository::Snapshot& snapshot,
                              std::vector<mailbox::UnreadMessage>& unread) const {
        const mailbox::FolderChoice choice(messages_.folders(), {});
        auto selection = mailbox::select_folders(from.catalog, snapshot,
                                                 [&](const std::string& folder) { return choice.wants(folder); });
        const auto query = messages_.query(context.clock.now());
        if (!query.is_everything())
            unread = mailbox::MessageSearch(from.repository, from.catalog, query).narrow(selection, interrupt_flag());
        return selection;
    }

    static ExitCode write(Context& context, const From& from, const mailbox::Selection& selection,
                          mailbox::MailFilesOptions& options, MailExportResult& result) {
        mailbox::MailFilesProgress progress;
        options.progress = &progress;
        const auto start = std::chrono::steady_clock::now();
        {
            const Progress line(context.console, drawing(context), [&] {
                return ProgressSample{"writing mail", progress.messages_done, progress.messages_total,
                                      progress.bytes_done, progress.bytes_total};
            });
            result.summary = mailbox::write_mail_files(from.repository, from.catalog, selection, options);
        }
        result.took = std::chrono::steady_clock::now() - start;
        print(context, result);
        return result.complete() ? ExitCode::done : ExitCode::incomplete;
    }

    std::string snapshot_;
    std::string account_;
    std::string to_;
    std::string format_ = "maildir";
    MessageOptions messages_;
    bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> make_mail_export() {
    return std::make_unique<MailExporting>();
}

}  // namespace kist::cli
