#include "kist/os/directory.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace kist::os {
namespace {

// The length of the UTF-8 sequence at the start of text (RFC 3629), or 0. Control characters (C0, DEL, C1) count as
// none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return first >= 0x20 && first != 0x7f && first != '\\' ? 1 : 0;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const auto second = byte(1);
    const bool overlong_or_surrogate = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    const bool c1_control = first == 0xc2 && second < 0xa0;
    return overlong_or_surrogate || c1_control ? 0 : length;
}

}  // namespace

std::string printable(std::string_view name) {
    std::string text;
    text.reserve(name.size());
    while (!name.empty()) {
        const auto length = sequence_length(name);
        if (length == 0)
            text += name.front() == '\\' ? "\\\\" : fmt::format("\\x{:02x}", static_cast<std::uint8_t>(name.front()));
        else
            text += name.substr(0, length);
        name.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

}  // namespace kist::os
