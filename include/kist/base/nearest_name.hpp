#pragma once
// What somebody probably meant to type.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate with the smallest distance, the first of equals; nullopt where not even half of it is like `typed`. One
// that begins with what was typed counts as near. Leading dashes are passed over.
std::optional<std::string> nearest_name(std::string_view typed, const std::vector<std::string>& candidates);

}  // namespace kist
