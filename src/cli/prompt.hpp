#pragma once
// Questions to the terminal that standard input is.

#include <string>

namespace kist::cli {

bool can_ask() noexcept;  // standard input is a terminal

// The line typed after the question. can_ask() must be true. Errors: interrupted.
std::string ask_line(const std::string& question);

// Anything but y or yes is a no. can_ask() must be true. Errors: interrupted.
bool confirm(const std::string& question);

// The answer is `expected`, blanks around it aside. As confirm().
bool type_back(const std::string& question, const std::string& expected);

}  // namespace kist::cli
