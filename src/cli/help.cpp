#include "cli/help.hpp"

#include "cli/command.hpp"
#include "cli/table.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string indented(const Table& table) {
    std::string text;
    for (const auto& line : table.lines()) text += "  " + line + "\n";
    return text;
}

// group: "" for all.
std::string commands_text(std::string_view group) {
    Table table({{}, {}});
    for (const auto& entry : command_table())
        if (std::string_view(entry.name).starts_with(group)) table.add({entry.name, entry.summary});
    return indented(table);
}

std::string metavariable(const CLI::Option& option) {
    return option.get_type_name().empty() || option.get_expected_max() == 0 ? "" : " " + option.get_type_name();
}

// positional: the arguments; otherwise what begins with a dash.
std::string options_text(const CLI::App& app, bool positional) {
    Table table({{}, {}});
    for (const auto* option : app.get_options()) {
        if (option->get_positional() != positional) continue;
        if (app.get_parent() != nullptr && option == app.get_help_ptr()) continue;  // the program's own says it
        auto name = positional ? option->get_name(true, false) : option->get_name(false, true);
        for (std::size_t comma = name.find(','); !positional && comma != std::string::npos;
             comma = name.find(',', comma + 2))
            name.replace(comma, 1, ", ");
        table.add({positional ? name : name + metavariable(*option), option->get_description()});
    }
    return indented(table);
}

std::string usage_of(const CLI::App& command) {
    auto text = typed_name(command) + " [OPTIONS]";
    for (const auto* option : command.get_options()) {
        if (!option->get_positional()) continue;
        const auto name = option->get_name(true, false) + (option->get_expected_max() > 1 ? "..." : "");
        text += option->get_required() ? " " + name : " [" + name + "]";
    }
    return text;
}

constexpr const char* kExitCodes = R"(Exit codes:
  0 done; 1 failed; 2 wrong usage; 3 done, but some entries were skipped or damaged; 4 the repository or volume is
  damaged; 5 no key fits; 6 busy; 7 no such volume, snapshot or path; 8 no space; 130 interrupted
)";

}  // namespace

std::string short_help() {
    return fmt::format(
        "Usage: kist [OPTIONS] COMMAND ...\n\nCommands:\n{}\n`kist --help` shows the options, "
        "`kist COMMAND --help` shows those of one command.",
        commands_text(""));
}

std::string program_help(const CLI::App& program) {
    return fmt::format(
        "Kist keeps files on an encrypted disk, every version of them.\n\n"
        "Usage: kist [OPTIONS] COMMAND ...\n\nCommands:\n{}\nOptions, before or after the command:\n{}\n{}",
        commands_text(""), options_text(program, false), kExitCodes);
}

std::string typed_name(const CLI::App& command) {
    const auto* const parent = command.get_parent();
    return parent == nullptr ? "kist" : typed_name(*parent) + " " + command.get_name();
}

std::string command_help(const CLI::App& command, const CLI::App& program) {
    if (!command.get_subcommands(nullptr).empty())
        return fmt::format("Usage: {} COMMAND ...\n\nCommands:\n{}", typed_name(command),
                           commands_text(command.get_name() + " "));
    auto text = fmt::format("{}\n\nUsage: {}\n", command.get_description(), usage_of(command));
    const auto arguments = options_text(command, true);
    if (!arguments.empty()) text += "\nArguments:\n" + arguments;
    const auto options = options_text(command, false);
    if (!options.empty()) text += "\nOptions:\n" + options;
    text += "\nOptions of every command:\n" + options_text(program, false);
    if (!command.get_footer().empty()) text += "\n" + command.get_footer() + "\n";
    return text;
}

}  // namespace kist::cli
