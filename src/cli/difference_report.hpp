#pragma once
// What `diff` found, for people and for programs.

#include "kist/look/tree_difference.hpp"

#include "cli/command.hpp"

#include <cstdint>
#include <vector>

namespace kist::cli {

// "A /path", "D", "M" (content), "m" (only metadata), "R /old -> /new". Folders whose time alone differs are not shown
// to people: it changes with every name in them.
void print_difference(Context& context, const look::Difference& difference);

// How many of each, and how large the files are.
void print_totals(Context& context, const std::vector<look::Difference>& differences);

}  // namespace kist::cli
