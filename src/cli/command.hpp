#pragma once
// What a command is: it declares its options, and runs once they are parsed. The table in command_table.cpp lists them.

#include "kist/base/timestamp.hpp"

#include "cli/configured.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/key_input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

#include <memory>
#include <span>
#include <string>

namespace kist::cli {

// Accepted before and after the command's name.
struct GlobalOptions {
    std::string volume;     // empty: the configuration's, or the only open one
    Configured configured;  // --config
    KeyOptions key;
    Format format = Format::text;
    std::string colour = "auto";
    bool no_pager = false;
    bool no_progress = false;
    Verbosity verbosity = Verbosity::normal;
};

struct Context {
    const GlobalOptions& options;
    Output& output;
    Console& console;
    const Clock& clock;

    bool json() const noexcept { return options.format == Format::json; }
};

class Command {
  public:
    virtual ~Command() = default;
    // Binds options and arguments to members: the command outlives the parsing.
    virtual void declare(Options& options) = 0;
    // Whether its output may be long and is for reading: a terminal gets it through a pager.
    virtual bool is_for_reading() const { return false; }
    // Once. Throws Error for what stops the operation.
    virtual ExitCode run(Context& context) = 0;
};

struct CommandEntry {
    const char* name;  // "open", or a group and a verb: "key add"
    const char* summary;
    std::unique_ptr<Command> (*make)();
};

std::span<const CommandEntry> command_table();

}  // namespace kist::cli
