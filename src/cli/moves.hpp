#pragma once
// Paths of a backup that a rescue puts somewhere else: one user's home into another's.

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace kist::cli {

// What stood at `from`, and all below it, goes to `to`. Both absolute and normal.
struct Move {
    std::string from;
    std::string to;

    friend bool operator==(const Move&, const Move&) = default;
};

// "OLD=NEW", of which the first sign of equality counts. Errors: usage.
Move parse_move(const std::string& text);

bool is_at_or_below(const std::string& path, const std::string& folder);

// Where it goes: by the nearest move above it, if there is one.
std::string moved(const std::string& path, const std::vector<Move>& moves);

// A pattern of paths that matches this one alone (base/path_pattern.hpp).
std::string literal_pattern(const std::string& path);

}  // namespace kist::cli
