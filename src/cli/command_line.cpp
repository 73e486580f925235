#include "cli/command_line.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/nearest_name.hpp"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kist::cli {
namespace {

struct Flags {
    bool version = false;
    bool json = false;
    bool verbose = false;
    bool quiet = false;
};

void declare_global_options(CLI::App& app, GlobalOptions& options, Flags& flags) {
    app.add_option("--volume", options.volume, "The volume: its container or device, label, UUID or mount point")
        ->type_name("VOLUME");
    auto* file = app.add_option("--key-file", options.key.file, "Read the key from FILE (`-`: standard input)");
    file->type_name("FILE");
    app.add_option("--passphrase-command", options.key.command,
                   "Run COMMAND; its first line of output is the passphrase")
        ->type_name("COMMAND")
        ->excludes(file);
    app.add_flag("--version", flags.version, "Show the version");
    app.add_flag("--json", flags.json, "Print JSON lines");
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

// The first word that neither the command nor the program knows.
void check_leftovers(const CLI::App& app, const CLI::App& chosen) {
    const auto left = app.remaining(true);
    const bool no_command = &app == &chosen;
    const auto help = fmt::format("`kist {}{}--help` shows what there is.", chosen.get_name(), no_command ? "" : " ");
    for (const auto& word : left) {
        if (word == "--") continue;
        if (word.starts_with("-")) refuse("option", word.substr(0, word.find('=')), long_options(chosen), help);
        if (!no_command)
            throw Error(
                ErrorCode::usage,
                fmt::format("`kist {}` takes no further argument, but got {}", chosen.get_name(), os::printable(word)),
                help);
        std::vector<std::string> names;
        for (const auto& entry : command_table()) names.emplace_back(entry.name);
        refuse("command", word, names, help);
    }
}

// Also where parsing has failed: an unknown option explains a missing argument better than the argument does.
Invocation finish(const CLI::App& app, Invocation invocation,
                  std::map<const CLI::App*, std::unique_ptr<Command>>& commands, const CLI::ParseError* failure) {
    const auto chosen_list = app.get_subcommands();
    const auto& chosen = chosen_list.empty() ? app : *chosen_list.front();
    if (dynamic_cast<const CLI::CallForHelp*>(failure) != nullptr) {
        invocation.help = chosen_list.empty() ? program_help(app) : command_help(chosen, app);
        return invocation;
    }
    check_leftovers(app, chosen);
    const auto help = fmt::format("`kist {}{}--help` shows how.", chosen.get_name(), chosen_list.empty() ? "" : " ");
    if (failure != nullptr) throw Error(ErrorCode::usage, os::printable(failure->what()), help);
    if (chosen_list.empty()) throw Error(ErrorCode::usage, "no command was given\n\n" + short_help());
    invocation.command = std::move(commands.at(&chosen));
    return invocation;
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments) {
    Invocation invocation;
    Flags flags;
    CLI::App app;
    app.set_help_flag("-h,--help", "Show this help");
    app.fallthrough()->allow_extras()->require_subcommand(0, 1);
    declare_global_options(app, invocation.options, flags);
    std::map<const CLI::App*, std::unique_ptr<Command>> commands;
    for (const auto& entry : command_table()) {
        auto* subcommand = app.add_subcommand(entry.name, entry.summary)->allow_extras(false);
        auto& command = commands[subcommand] = entry.make();
        command->declare(*subcommand);
    }
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
