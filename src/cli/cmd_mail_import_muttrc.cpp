#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/account_file.hpp"
#include "cli/account_report.hpp"
#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/muttrc_reading.hpp"
#include "cli/prompt.hpp"
#include "cli/split_words.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailImportMuttrc : public Command {
  public:
    void declare(Options& options) override {
        options.argument("FILE", file_, "A muttrc", Presence::required);
        options.flag("--print", print_, "Only show what would be written");
        options.flag("--yes", yes_, "Do not ask");
        options.footer(
            "Finds the IMAP and POP3 accounts in it (folder, spoolfile, mailboxes, imap_user, imap_pass, pop_host, \n"
            "certificate_file, source, account-hook, folder-hook), and writes each to conf.d/NAME.toml beside the "
            "main\n"
            "configuration file, like `kist mail add --no-login`. A password goes to a file of its own that only you\n"
            "can read; a command between backticks becomes the password command. Nothing of the muttrc is run.\n\n"
            "Example:\n  kist mail import-muttrc ~/.muttrc");
    }

    ExitCode run(Context& context) override {
        const auto* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
        auto reading = read_muttrc(file_, home == nullptr ? "" : home);
        for (const auto& note : reading.notes) context.console.note(note);
        const auto accounts = new_accounts(context, reading);
        if (accounts.empty()) {
            if (reading.accounts.empty())
                throw Error(ErrorCode::not_found, fmt::format("no mail account is in {}", os::printable(file_)),
                            "`kist mail add URL` adds one.");
            context.console.note("All accounts are configured already.");
            return ExitCode::done;
        }
        if (print_) {
            for (const auto& account : accounts) context.output.text(account_text(account));
            return ExitCode::done;
        }
        agree(context, accounts);
        auto worst = ExitCode::done;
        for (const auto& account : accounts)
            worst = std::max(worst,
                             print_written(context, account.name, write_account(context.options.configured, account)));
        return worst;
    }

  private:
    static std::vector<NewAccount> new_accounts(Context& context, const MuttReading& reading) {
        const auto& configured = context.options.configured;
        std::vector<NewAccount> accounts;
        std::vector<std::string> taken;
        for (const auto& found : reading.accounts) {
            NewAccount account;
            account.name = name_for(found.url, configured.get(), taken);
            account.mailbox.url = mailproto::to_text(found.url);
            account.mailbox.ca_file = found.ca_file;
            if (found.password) account.password = &*found.password;
            take_commands(context, found, account.mailbox);
            try {
                require_new(configured, account);
            } catch (const Error& error) {
                context.console.note(fmt::format("{}: {}", found.found_at, error.message()));
                continue;
            }
            taken.push_back(account.name);
            accounts.push_back(std::move(account));
        }
        return accounts;
    }

    // Without a shell: what needs one is noted, and left to the user.
    static void take_commands(Context& context, const MuttAccount& found, config::Mailbox& mailbox) {
        for (const auto& [text, words] : {std::pair(&found.password_command, &mailbox.password_command),
                                          std::pair(&found.token_command, &mailbox.token_command)}) {
            if (text->empty()) continue;
            if (text->find_first_of("|&;<>()$*?~") == std::string::npos)
                *words = split_words(*text, "the muttrc");
            else
                context.console.note(
                    fmt::format("{}: {} needs a shell, and is not taken over", found.found_at, os::printable(*text)));
        }
    }

    void agree(Context& context, const std::vector<NewAccount>& accounts) const {
        if (yes_) return;
        if (!can_ask())
            throw Error(ErrorCode::usage, "writing these accounts has to be confirmed, and there is no terminal",
                        "Give --yes, or --print to see what would be written.");
        for (const auto& account : accounts)
            context.console.note(fmt::format("{}: {}{}", account.name, os::printable(account.mailbox.url),
                                             account.password != nullptr ? ", with its password" : ""));
        if (!confirm("Write these to the configuration?")) throw Error(ErrorCode::interrupted, "nothing was written");
    }

    std::string file_;
    bool print_ = false;
    bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_mail_import_muttrc() {
    return std::make_unique<MailImportMuttrc>();
}

}  // namespace kist::cli
