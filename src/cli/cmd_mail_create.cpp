#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/mail_server.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class MailCreate : public Command {
  public:
    void declare(Options& options) override {
        options.argument("ACCOUNT", account_, "A mailbox of the configuration, or imaps://user@host",
                         Presence::required);
        options.argument("FOLDER", folder_, "With / between its parts, as Lists/kist", Presence::required);
        access_.declare(options);
        options.footer(
            "Makes a folder on the server, and subscribes to it.\n\nExample:\n  kist mail create work Lists/kist");
    }

    ExitCode run(Context& context) override {
        MailServer server(context, account_, access_);
        const auto name = server.new_name(folder_);
        mailproto::create_folder(server.session(), name);
        mailproto::subscribe_folder(server.session(), name);
        server.logout();
        if (context.json()) {
            Json line{{"type", "created"}};
            put_path(line, "folder", folder_);
            put_path(line, "name_on_server", name);
            context.output.json(line);
        } else if (context.options.verbosity != Verbosity::quiet) {
            context.output.line(fmt::format("{} is there now", os::printable(folder_)));
        }
        return ExitCode::done;
    }

  private:
    std::string account_;
    std::string folder_;
    ServerAccess access_;
};

}  // namespace

std::unique_ptr<Command> make_mail_create() {
    return std::make_unique<MailCreate>();
}

}  // namespace kist::cli
