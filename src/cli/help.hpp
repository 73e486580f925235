#pragma once
// Help texts, from the table of commands and the options that they declare.

#include <string>

namespace CLI {
class App;
}

namespace kist::cli {

std::string short_help();                                                    // what `kist` alone says
std::string program_help(const CLI::App& program);                           // kist --help
std::string command_help(const CLI::App& command, const CLI::App& program);  // kist COMMAND --help

}  // namespace kist::cli
