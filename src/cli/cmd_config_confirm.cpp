#include "kist/base/error.hpp"
#include "kist/config/confirmation.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/config_text.hpp"
#include "cli/prompt.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

class ConfigConfirm : public Command {
  public:
    void declare(Options& options) override {
        options.flag("--yes", yes_, "Do not ask");
        options.footer(
            "A configuration that `kist rescue` has brought back was written by whoever made that disk. Its hooks and\n"
            "passphrase commands do not run before this command has shown them and you have agreed.");
    }

    ExitCode run(Context& context) override {
        const auto& configured = context.options.configured;
        const auto& configuration = configured.get();
        if (!configured.are_programs_held_back()) {
            context.console.note("Nothing has to be confirmed.");
            return ExitCode::done;
        }
        for (const auto& volume : configuration.volumes)
            if (!volume.passphrase_command.empty())
                show(context, "volume " + volume.name, "passphrase-command", volume.passphrase_command);
        for (const auto& source : configuration.sources) {
            if (source.mailbox) show(context, "source " + source.name, *source.mailbox);
            for (const auto& one : source.hooks.before) show(context, "source " + source.name, "before", one.words);
            for (const auto& one : source.hooks.after) show(context, "source " + source.name, "after", one.words);
            for (const auto& one : source.hooks.on_failure)
                show(context, "source " + source.name, "on-failure", one.words);
        }
        if (configuration.notify) show(context, "notify", configuration.notify->server);
        context.output.flush();
        if (!yes_ && !can_ask())
            throw Error(ErrorCode::usage, "that these programs may run has to be confirmed, and there is no terminal",
                        "Give --yes.");
        if (!yes_ && !confirm("Are these yours, and may they run from now on?"))
            throw Error(ErrorCode::interrupted, "the programs stay off");
        config::confirm_programs(configured.reading().files.front().path);
        context.console.note("They are on.");
        return ExitCode::done;
    }

  private:
    static void show(Context& context, const std::string& owner, const config::MailServer& server) {
        if (!server.password_command.empty()) show(context, owner, "password-command", server.password_command);
        if (!server.token_command.empty()) show(context, owner, "token-command", server.token_command);
    }

    static void show(Context& context, const std::string& owner, const char* key,
                     const std::vector<std::string>& words) {
        if (context.json())
            return context.output.json(
                {{"type", "program"}, {"owner", os::printable(owner)}, {"key", key}, {"program", words}});
        std::string line;
        for (const auto& word : words) line += " " + toml_string(os::printable(word));
        context.output.line(fmt::format("{}, {}:{}", os::printable(owner), key, line));
    }

    bool yes_ = false;
};

}  // namespace

std::unique_ptr<Command> make_config_confirm() {
    return std::make_unique<ConfigConfirm>();
}

}  // namespace kist::cli
