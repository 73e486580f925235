#pragma once
// A guard before the parser, which calls itself for each part of a dotted key until the stack is used up.

#include <cstddef>
#include <optional>
#include <string_view>

namespace kist::config {

// The offset of the first dot that is one too many in its key. Knows texts and comments as TOML has them; of what is no
// TOML it may say anything.
std::optional<std::size_t> find_deep_key(std::string_view toml, std::size_t most_dots);

}  // namespace kist::config
