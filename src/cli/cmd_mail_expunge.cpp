#include "cli/commands.hpp"
#include "cli/mail_removal.hpp"
#include "cli/mail_server.hpp"

namespace kist::cli {
namespace {

class MailExpunge : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host",
                         Presence::required);
        options.argument("FOLDER", folder_, "As `mail folders` shows it", Presence::required);
        removal_.declare(options);
        removal_.declare_without_backup(options);
        access_.declare(options);
        options.footer(
            "Removes what is flagged as deleted, when the newest snapshot holds it: the same folder and numbers, the "
            "bytes\n"
            "that the server gives now, and stored as they should be.\n\nExample:\n  kist mail expunge work Trash");
    }

    ExitCode run(Context& context) override {
        removal_.require_consent();
        return removal_.run(context, [&](const repository::Repository* repository) {
            MailServer server(context, account_, access_);
            mailproto::OpenedFolder folder(server.session(), server.folder(folder_).raw);
            const auto code = removal_.remove(context, repository, server, folder, folder.find("DELETED"));
            server.logout();
            return code;
        });
    }

  private:
    std::string account_;
    std::string folder_;
    MailRemoval removal_;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_expunge() {
    return std::make_unique<MailExpunge>();
}

}  // namespace kist::cli
