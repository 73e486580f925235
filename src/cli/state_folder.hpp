#pragma once
// Where this machine remembers what is no volume's: beside volume::local_state_folder().

#include <string>

namespace kist::cli {

std::string state_folder(const char* name);

// Makes it where it is missing, closed to everybody else. Errors: failed where it cannot be made.
void make_state_folder(const std::string& folder);

}  // namespace kist::cli
