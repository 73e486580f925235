#pragma once
// Questions to the terminal that standard input is.

#include <string>

namespace kist::cli {

bool can_ask() noexcept;  // standard input is a terminal

// Anything but y or yes is a no. can_ask() must be true. Errors: interrupted.
bool confirm(const std::string& question);

}  // namespace kist::cli
