#pragma once
// Colours on a terminal.

#include "kist/os/file_status.hpp"

#include "cli/output.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace kist::cli {

enum class Colour : std::uint8_t { none, red, green, yellow, blue, cyan, bold };

// The text as it is where the output has no colours.
std::string coloured(const Output& output, Colour colour, std::string_view text);

Colour colour_of(os::FileType type, std::uint32_t mode) noexcept;  // of a name in a list

}  // namespace kist::cli
