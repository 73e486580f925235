#pragma once
// What commands say of an account that they have written.

#include "cli/account_file.hpp"
#include "cli/command.hpp"

#include <string>

namespace kist::cli {

// incomplete where the main file does not take it in yet.
ExitCode print_written(Context& context, const std::string& name, const WrittenAccount& written);

}  // namespace kist::cli
