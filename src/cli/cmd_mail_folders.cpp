#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/mail_command.hpp"
#include "cli/table.hpp"

namespace kist::cli {
namespace {

class MailFolders : public Command {
  public:
    void declare(Options& options) override {
        mail_.declare(options);
        options.footer(
            "Tells which folders the server has, and which of them `kist backup` takes. Nothing on the server "
            "changes.\n\n"
            "Examples:\n  kist mail folders imaps://anna@mail.example.org\n  kist mail folders work --json");
    }

    ExitCode run(Context& context) override {
        const auto folders = mail_.list_folders(context);
        const auto choice = folders_of(mail_.account());
        Table table({{"FOLDER"}, {"MESSAGES"}, {"SUBSCRIBED"}, {"BACKED UP"}});
        for (const auto& folder : folders) {
            const auto name = mailproto::readable_name(folder);
            const bool is_wanted = folder.is_selectable && choice.wants(name);
            if (context.json())
                print_json(context, folder, name, is_wanted);
            else
                table.add({os::printable(name), folder.is_selectable ? "yes" : "no",
                           folder.is_subscribed ? "yes" : "no", is_wanted ? "yes" : "no"});
        }
        for (const auto& line : table.empty() ? std::vector<std::string>() : table.lines()) context.output.line(line);
        return ExitCode::done;
    }

  private:
    static void print_json(Context& context, const mailproto::ImapFolder& folder, const std::string& name,
                           bool is_wanted) {
        Json line{{"type", "folder"}};
        put_path(line, "folder", name);
        put_path(line, "name_on_server", folder.raw);
        line["delimiter"] = folder.delimiter ? Json(os::printable(std::string(1, *folder.delimiter))) : Json();
        line["holds_messages"] = folder.is_selectable;
        line["subscribed"] = folder.is_subscribed;
        line["backed_up"] = is_wanted;
        if (folder.status && folder.status->uid_validity) line["uidvalidity"] = *folder.status->uid_validity;
        if (folder.status && folder.status->uid_next) line["uidnext"] = *folder.status->uid_next;
        context.output.json(line);
    }

    MailCommand mail_;
};

}  // namespace

std::unique_ptr<Command> make_mail_folders() {
    return std::make_unique<MailFolders>();
}

}  // namespace kist::cli
