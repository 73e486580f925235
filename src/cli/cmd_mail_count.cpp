#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/json_names.hpp"
#include "cli/mail_command.hpp"
#include "cli/table.hpp"

#include <cstdint>

namespace kist::cli {
namespace {

class MailCount : public Command {
  public:
    void declare(Options& options) override {
        mail_.declare(options);
        options.footer(
            "Counts the messages of each folder, as the server says, and all of them. Exit code 3: the server did not "
            "say it of every folder.\n\nExample:\n  kist mail count work");
    }

    ExitCode run(Context& context) override {
        Table table({{"FOLDER"}, {"MESSAGES", Align::right}});
        std::uint64_t total = 0;
        auto code = ExitCode::done;
        for (const auto& folder : mail_.list_folders(context)) {
            if (!folder.is_selectable) continue;
            const auto count = count_of(folder);
            if (count.is_null())
                code = ExitCode::incomplete;
            else
                total += count.get<std::uint64_t>();
            const auto name = mailproto::readable_name(folder);
            if (context.json())
                print_json(context, name, count);
            else
                table.add({os::printable(name), count.is_null() ? "?" : count.dump()});
        }
        table.add({"", std::to_string(total)});
        if (context.json())
            context.output.json({{"type", "total"}, {"messages", total}});
        else
            for (const auto& line : table.lines()) context.output.line(line);
        return code;
    }

  private:
    // null: the server has not said.
    static Json count_of(const mailproto::ImapFolder& folder) {
        if (!folder.status || !folder.status->messages) return {};
        return std::uint64_t{*folder.status->messages};
    }

    static void print_json(Context& context, const std::string& name, const Json& count) {
        Json line{{"type", "folder"}};
        put_path(line, "folder", name);
        line["messages"] = count;
        context.output.json(line);
    }

    MailCommand mail_;
};

}  // namespace

std::unique_ptr<Command> make_mail_count() {
    return std::make_unique<MailCount>();
}

}  // namespace kist::cli
