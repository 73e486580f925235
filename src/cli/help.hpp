#pragma once
// Help texts, from the table of commands and the options that they declare.

#include <string>

namespace CLI {
class App;
}

namespace kist::cli {

std::string short_help();                           // what `kist` alone says
std::string program_help(const CLI::App& program);  // kist --help
// kist COMMAND --help; of a group ("key") its commands.
std::string command_help(const CLI::App& command, const CLI::App& program);
std::string typed_name(const CLI::App& command);  // as it is typed: "kist key add"

}  // namespace kist::cli
