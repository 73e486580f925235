#pragma once
// The arguments, parsed: which command, with which options. Errors: usage, naming the nearest command or option.

#include "cli/command.hpp"

#include <memory>
#include <string>
#include <vector>

namespace kist::cli {

struct Invocation {
    std::unique_ptr<Command> command;  // null: only `help` is wanted
    GlobalOptions options;
    std::string help;
};

// arguments: without the program's name.
Invocation parse_command_line(const std::vector<std::string>& arguments);

}  // namespace kist::cli
