#include "cli/colour.hpp"

#include <array>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// ECMA-48, "Select Graphic Rendition".
constexpr std::array<const char*, 7> kCodes{"", "31", "32", "33", "1;34", "36", "1"};

}  // namespace

std::string coloured(const Output& output, Colour colour, std::string_view text) {
    if (!output.has_colours() || colour == Colour::none) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[m", kCodes.at(static_cast<std::size_t>(colour)), text);
}

Colour colour_of(os::FileType type, std::uint32_t mode) noexcept {
    switch (type) {
        case os::FileType::regular:
            return (mode & 0111U) != 0 ? Colour::green : Colour::none;
        case os::FileType::directory:
            return Colour::blue;
        case os::FileType::symlink:
            return Colour::cyan;
        default:
            return Colour::yellow;
    }
}

}  // namespace kist::cli
