#pragma once
// Lists of names, as --files-from takes them.

#include <string>
#include <vector>

namespace kist::cli {

enum class NameEnd { newline, nul };

// file: "-" is standard input. Empty names are left out; where names end with newlines, so are lines that begin with #
// or ; (as rsync has it), and a carriage return before the newline. Errors: usage for a name with .. in it and for a
// list without names; failed where it cannot be read, or is larger than 256 MiB.
std::vector<std::string> read_name_list(const std::string& file, NameEnd end);

}  // namespace kist::cli
