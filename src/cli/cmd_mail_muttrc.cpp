#include "kist/base/error.hpp"
#include "kist/mailbox/muttrc.hpp"
#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/repository/mailbox_source.hpp"

#include "cli/commands.hpp"
#include "cli/mail_source.hpp"
#include "cli/session.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailMuttrc : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_,
                         "Whose: a mailbox of the configuration, its URL, or its folder's name in latest/mail",
                         Presence::required);
        options.footer(
            "Example:\n  kist mail muttrc work > backup.muttrc\n  mutt -R -F backup.muttrc\n\n"
            "mutt and neomutt then show the newest backup as it stands in the volume, as long as that is open, and "
            "change\nnothing.");
    }

    ExitCode run(Context& context) override {
        if (context.json()) throw Error(ErrorCode::usage, "a muttrc has its own form: there is no --json");
        const auto place = find_place(context.options);
        if (!place.open && place.directory.empty())
            throw Error(ErrorCode::usage, "the volume is closed, and mutt reads the mail where it stands",
                        "`kist open` opens it.");
        return with_repository(context, place, [&](repository::Repository& repository) {
            auto catalog = repository.open_catalog();
            const auto source = find_mail_source(catalog, context.options.configured, account_);
            std::vector<std::string> folders;
            for (const auto& folder : mailbox::snapshot_folders(catalog, newest_snapshot(catalog, source)))
                if (folder.holds_messages) folders.push_back(folder.directory);
            const auto root = fmt::format("{}/{}", repository.path(), repository::mailbox_folder(source));
            context.output.text(mailbox::muttrc(root, folders));
            return ExitCode::done;
        });
    }

  private:
    std::string account_;
};

}  // namespace

std::unique_ptr<Command> make_mail_muttrc() {
    return std::make_unique<MailMuttrc>();
}

}  // namespace kist::cli
