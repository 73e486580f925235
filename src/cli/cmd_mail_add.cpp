#include "kist/mailproto/imap_folders.hpp"
#include "kist/os/directory.hpp"

#include "cli/account_file.hpp"
#include "cli/account_report.hpp"
#include "cli/commands.hpp"
#include "cli/mail_account.hpp"
#include "cli/prompt.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailAdd : public Command {
  public:
    void declare(Options& options) override {
        options.argument("URL", url_, "imaps://user@host, or imap:// pop3s:// pop3://", Presence::required);
        options.text("--name", "NAME", name_, "What the account is called (default: its user's name)");
        options.texts("--folder", "PATTERN", folders_, "Back up only these folders. May be given again");
        options.texts("--exclude-folder", "PATTERN", exclude_folders_, "Do not back up these. May be given again");
        options.flag("--save-password", save_password_, "Keep the password in a file that only you can read");
        options.flag("--no-login", no_login_, "Do not try whether it works");
        options.flag("--print", print_, "Only show what would be written");
        access_.declare(options);
        options.footer(
            "Logs in, and writes conf.d/NAME.toml beside the main configuration file, which is never changed.\n"
            "Then `kist backup NAME` backs the account up, and so does `kist backup`. Where the password comes from\n"
            "is what the options say; one that is typed is kept only with --save-password, or asked for again.\n"
            "Exit code 3: written, but the main file does not take it in yet; it is said what to put there.\n\n"
            "Examples:\n  kist mail add imaps://anna@mail.example.org --password-command 'pass mail/anna'\n"
            "  kist mail add imaps://anna%40example.org@imap.example.org --name work --save-password");
    }

    ExitCode run(Context& context) override {
        const auto url = parse_account_url(url_);
        const auto& configured = context.options.configured;
        NewAccount account;
        account.name = name_.empty() ? name_for(url, configured.get(), {}) : name_;
        static_cast<config::MailServer&>(account.mailbox) = access_.described(url_);
        account.mailbox.folders = folders_;
        account.mailbox.exclude_folders = exclude_folders_;
        static_cast<void>(mailbox::FolderChoice(folders_, exclude_folders_));  // a wrong pattern is said now
        require_new(configured, account);
        std::optional<MailLogin> login;
        if (!no_login_ || (access_.is_typed() && save_password_)) {
            login.emplace(MailAccount{account.name, url, nullptr}, access_, configured);
            if (!no_login_) try_out(context, url, *login);
        }
        if (login && access_.is_typed() && is_to_be_kept()) account.password = &login->secret();
        if (print_) {
            context.output.text(account_text(account));
            return ExitCode::done;
        }
        const auto written = write_account(configured, account);
        return print_written(context, account.name, written);
    }

  private:
    static void try_out(Context& context, const mailproto::MailUrl& url, const MailLogin& login) {
        std::size_t folders = 1;
        if (url.protocol == mailproto::Protocol::pop3) {
            login.connect_pop3()->logout();
        } else {
            const auto session = login.connect();
            folders = mailproto::list_folders(*session).size();
            session->logout();
        }
        context.console.note(fmt::format("The login works; folders: {}.", folders));
    }

    bool is_to_be_kept() const {
        if (save_password_ || print_) return save_password_;
        return can_ask() &&
               confirm("Keep the password in a file that only you can read, so that nobody is asked for it?");
    }

    std::string url_;
    std::string name_;
    std::vector<std::string> folders_;
    std::vector<std::string> exclude_folders_;
    bool save_password_ = false;
    bool no_login_ = false;
    bool print_ = false;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_add() {
    return std::make_unique<MailAdd>();
}

}  // namespace kist::cli
