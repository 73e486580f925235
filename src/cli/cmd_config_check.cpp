#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/configured_source.hpp"
#include "cli/json_names.hpp"
#include "cli/mail_account.hpp"
#include "cli/notifier.hpp"

#include <functional>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string count(std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

class ConfigCheck : public Command {
  public:
    void declare(Options& options) override {
        options.footer(
            "Prints what is wrong as FILE:LINE:COLUMN: what, and exits 2 if anything is. Rules, spans of time, key "
            "files "
            "and\nprograms are looked at too. Nothing is opened and nothing is run.");
    }

    ExitCode run(Context& context) override {
        const auto& reading = context.options.configured.reading();
        if (reading.files.empty()) return say_none(context);
        auto problems = reading.problems;
        for (const auto& volume : reading.configuration.volumes) try_out(volume, problems);
        for (const auto& source : reading.configuration.sources) try_out(source, problems);
        if (const auto& notify = reading.configuration.notify) {
            attempt(notify->origin, problems, [&] { require_right(*notify); });
            try_out(notify->server, notify->origin, problems);
        }
        for (const auto& problem : problems) print(context, problem);
        if (!problems.empty()) {
            context.output.flush();
            throw Error(ErrorCode::usage, fmt::format("the configuration has {}", count(problems.size(), "mistake")));
        }
        say_right(context, reading);
        return ExitCode::done;
    }

  private:
    static ExitCode say_none(Context& context) {
        const auto path = context.options.configured.path();
        if (context.json()) {
            context.output.json({{"type", "configuration"}, {"ok", true}, {"files", Json::array()}});
        } else {
            context.output.line(fmt::format("Nothing is configured: there is no {}.",
                                            path.empty() ? "configuration file" : os::printable(path)));
        }
        return ExitCode::done;
    }

    static void attempt(const config::Origin& origin, std::vector<config::Problem>& problems,
                        const std::function<void()>& what) {
        try {
            what();
        } catch (const Error& error) {
            problems.push_back({origin, error.message(), error.hint()});
        }
    }

    static void try_out(const config::Volume& volume, std::vector<config::Problem>& problems) {
        if (!volume.key_file.empty()) attempt(volume.origin, problems, [&] { trusted_file(volume.key_file); });
        if (!volume.passphrase_command.empty())
            attempt(volume.origin, problems, [&] { require_trusted_program(volume.passphrase_command); });
    }

    static void try_out(const config::Source& source, std::vector<config::Problem>& problems) {
        attempt(source.origin, problems, [&] {
            selection::Selection selection;
            add_rules(source, selection);
        });
        attempt(source.origin, problems, [&] {
            selection::Boundaries boundaries;
            add_boundaries(source, boundaries);
        });
        for (const auto* commands : {&source.hooks.before, &source.hooks.after, &source.hooks.on_failure})
            for (const auto& command : *commands)
                attempt(command.origin, problems, [&] { require_trusted_program(command.words); });
        for (const auto& tag : source.tags)
            if (!repository::is_tag(tag))
                problems.push_back({source.origin, fmt::format("{} cannot be a tag", os::printable(tag)), ""});
        if (source.mailbox) try_out(*source.mailbox, source.origin, problems);
        if (source.retention) attempt(source.retention->origin, problems, [&] { policy_of(*source.retention); });
    }

    static void try_out(const config::Mailbox& account, const config::Origin& origin,
                        std::vector<config::Problem>& problems) {
        attempt(origin, problems, [&] { parse_account_url(account.url); });
        attempt(origin, problems, [&] { mailbox::FolderChoice(account.folders, account.exclude_folders); });
        try_out(static_cast<const config::MailServer&>(account), origin, problems);
    }

    static void try_out(const config::MailServer& server, const config::Origin& origin,
                        std::vector<config::Problem>& problems) {
        for (const auto* file : {&server.password_file, &server.token_file, &server.ca_file})
            if (!file->empty()) attempt(origin, problems, [&] { trusted_file(*file); });
        for (const auto* command : {&server.password_command, &server.token_command})
            if (!command->empty()) attempt(origin, problems, [&] { require_trusted_program(*command); });
    }

    static void print(Context& context, const config::Problem& problem) {
        if (context.json()) {
            Json line{{"type", "problem"}};
            put_path(line, "file", problem.origin.file);
            line["line"] = problem.origin.line;
            line["column"] = problem.origin.column;
            line["message"] = problem.message;
            line["hint"] = problem.hint;
            return context.output.json(line);
        }
        context.output.line(to_text(problem));
        if (!problem.hint.empty()) context.output.line("  " + problem.hint);
    }

    static void say_right(Context& context, const config::Reading& reading) {
        const auto& configuration = reading.configuration;
        if (context.json()) {
            Json line{{"type", "configuration"}, {"ok", true}};
            auto files = Json::array();
            for (const auto& file : reading.files) {
                Json one;
                put_path(one, "path", file.path);
                files.push_back(std::move(one));
            }
            line["files"] = std::move(files);
            line["volumes"] = configuration.volumes.size();
            line["sources"] = configuration.sources.size();
            return context.output.json(line);
        }
        if (context.options.configured.are_programs_held_back())
            context.console.note("It came back by a rescue, and its programs are off: `kist config confirm`.");
        for (const auto& file : reading.files) context.console.detail("Read " + os::printable(file.path) + ".");
        context.output.line(fmt::format("{}: {}, {}; nothing is wrong.", os::printable(reading.files.front().path),
                                        count(configuration.volumes.size(), "volume"),
                                        count(configuration.sources.size(), "source")));
    }
};

}  // namespace

std::unique_ptr<Command> make_config_check() {
    return std::make_unique<ConfigCheck>();
}

}  // namespace kist::cli
