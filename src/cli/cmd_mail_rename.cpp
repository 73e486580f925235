#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/mail_server.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailRename : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host",
                         Presence::required);
        options.argument("OLD", old_, "The folder, as `mail folders` shows it", Presence::required);
        options.argument("NEW", new_, "Its new name, with / between its parts", Presence::required);
        access_.declare(options);
        options.footer(
            "The folders in it go along, and stay subscribed.\n\nExample:\n  kist mail rename work Lists/kist "
            "Archive/kist");
    }

    ExitCode run(Context& context) override {
        MailServer server(context, account_, access_);
        const auto& folder = server.folder(old_);
        if (folder.raw == "INBOX")
            throw Error(ErrorCode::usage, "the inbox keeps its name: servers move its messages instead",
                        "`kist mail move ACCOUNT INBOX FOLDER --all` does that.");
        const auto name = server.new_name(new_);
        const auto count = mailproto::rename_folder(server.session(), server.folders(), folder.raw, name);
        server.logout();
        if (context.json()) {
            Json line{{"type", "renamed"}};
            put_path(line, "from", old_);
            put_path(line, "to", new_);
            line["folders"] = count;
            context.output.json(line);
        } else if (context.options.verbosity != Verbosity::quiet) {
            context.output.line(fmt::format("{} is {} now", os::printable(old_), os::printable(new_)));
        }
        return ExitCode::done;
    }

  private:
    std::string account_;
    std::string old_;
    std::string new_;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_rename() {
    return std::make_unique<MailRename>();
}

}  // namespace kist::cli
