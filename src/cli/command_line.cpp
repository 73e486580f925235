#include "cli/command_line.hpp"

#include "kist/base/error.hpp"
#include "kist/base/nearest_name.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/options.hpp"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::cli {
namespace {

using CommandsByApp = std::map<const CLI::App*, std::unique_ptr<Command>>;

struct Flags {
    bool version = false;
    bool json = false;
    bool verbose = false;
    bool quiet = false;
};

void declare_global_options(CLI::App& app, GlobalOptions& options, Flags& flags) {
    app.add_option("--volume", options.volume, "The volume: its container or device, label, UUID or mount point")
        ->type_name("VOLUME");
    app.add_option("--config", options.configured.file, "Read the configuration from FILE (`/dev/null`: none)")
        ->type_name("FILE");
    auto* file = app.add_option("--key-file", options.key.file, "Read the key from FILE (`-`: standard input)");
    file->type_name("FILE");
    app.add_option("--passphrase-command", options.key.command,
                   "Run COMMAND; its first line of output is the passphrase")
        ->type_name("COMMAND")
        ->excludes(file);
    app.add_flag("--version", flags.version, "Show the version");
    app.add_flag("--json", flags.json, "Print JSON lines");
    app.add_option("--color", options.colour, "Colours: auto (on a terminal), always or never")->type_name("WHEN");
    app.add_flag("--no-pager", options.no_pager, "Show long output directly, not through a pager");
    app.add_flag("--no-progress", options.no_progress, "Draw no progress line");
    app.add_flag("-v,--verbose", flags.verbose, "Say more");
    app.add_flag("-q,--quiet", flags.quiet, "Say only what went wrong")->excludes("--verbose");
}

std::vector<std::string> long_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* level = &app; level != nullptr; level = level->get_parent())
        for (const auto* option : level->get_options())
            for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

[[noreturn]] void refuse(const std::string& what, const std::string& typed, const std::vector<std::string>& known,
                         const std::string& where_to_look) {
    const auto nearest = nearest_name(typed, known);
    throw Error(ErrorCode::usage, fmt::format("unknown {} {}", what, os::printable(typed)),
                nearest ? fmt::format("Did you mean {}?", *nearest) : where_to_look);
}

// The innermost command that was named: the program itself, a group, or a command that can run.
const CLI::App& innermost(const CLI::App& app) {
    const auto named = app.get_subcommands();
    return named.empty() ? app : innermost(*named.front());
}

std::vector<std::string> names_below(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* subcommand : app.get_subcommands(nullptr)) names.push_back(subcommand->get_name());
    return names;
}

// The first word that neither the command nor the program knows.
void check_leftovers(const CLI::App& app, const CLI::App& chosen) {
    const auto help = fmt::format("`{} --help` shows what there is.", typed_name(chosen));
    const auto names = names_below(chosen);
    for (const auto& word : app.remaining(true)) {
        if (word == "--") continue;
        if (word.starts_with("-")) refuse("option", word.substr(0, word.find('=')), long_options(chosen), help);
        if (!names.empty()) refuse("command", word, names, help);
        throw Error(ErrorCode::usage,
                    fmt::format("`{}` takes no further argument, but got {}", typed_name(chosen), os::printable(word)),
                    help);
    }
}

[[noreturn]] void ask_for_a_command(const CLI::App& app, const CLI::App& chosen) {
    if (&app == &chosen) throw Error(ErrorCode::usage, "no command was given\n\n" + short_help());
    throw Error(ErrorCode::usage,
                fmt::format("`{}` is several commands: {}", typed_name(chosen), fmt::join(names_below(chosen), ", ")),
                fmt::format("`{} --help` says what they do.", typed_name(chosen)));
}

// Also where parsing has failed: an unknown option explains a missing argument better than the argument does.
Invocation finish(const CLI::App& app, Invocation invocation, CommandsByApp& commands, const CLI::ParseError* failure) {
    const auto& chosen = innermost(app);
    if (dynamic_cast<const CLI::CallForHelp*>(failure) != nullptr) {
        invocation.help = &chosen == &app ? program_help(app) : command_help(chosen, app);
        return invocation;
    }
    check_leftovers(app, chosen);
    if (failure != nullptr)
        throw Error(ErrorCode::usage, os::printable(failure->what()),
                    fmt::format("`{} --help` shows how.", typed_name(chosen)));
    const auto command = commands.find(&chosen);
    if (command == commands.end()) ask_for_a_command(app, chosen);
    invocation.command = std::move(command->second);
    return invocation;
}

// "key add" goes below "key", which is made for the first of its commands.
CLI::App& parent_of(CLI::App& app, std::string_view name) {
    const auto space = name.find(' ');
    if (space == std::string_view::npos) return app;
    const std::string group(name.substr(0, space));
    for (auto* known : app.get_subcommands([&](const CLI::App* one) { return one->get_name() == group; }))
        return *known;
    auto* made = app.add_subcommand(group);
    made->require_subcommand(0, 1);
    return *made;
}

CommandsByApp declare_commands(CLI::App& app) {
    CommandsByApp commands;
    for (const auto& entry : command_table()) {
        const std::string_view name(entry.name);
        auto* subcommand =
            parent_of(app, name).add_subcommand(std::string(name.substr(name.find(' ') + 1)), entry.summary);
        subcommand->allow_extras(false);
        Options options(*subcommand);
        auto& command = commands[subcommand] = entry.make();
        command->declare(options);
    }
    return commands;
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments) {
    Invocation invocation;
    Flags flags;
    CLI::App app;
    app.set_help_flag("-h,--help", "Show this help");
    app.fallthrough()->allow_extras()->require_subcommand(0, 1);
    declare_global_options(app, invocation.options, flags);
    auto commands = declare_commands(app);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        return finish(app, std::move(invocation), commands, &error);
    }
    if (flags.json) invocation.options.format = Format::json;
    if (flags.verbose) invocation.options.verbosity = Verbosity::verbose;
    if (flags.quiet) invocation.options.verbosity = Verbosity::quiet;
    if (flags.version && app.get_subcommands().empty()) {
        invocation.command = make_version();
        return invocation;
    }
    return finish(app, std::move(invocation), commands, nullptr);
}

}  // namespace kist::cli
