#include "cli/json_names.hpp"

#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <cstdint>

namespace kist::cli {

bool is_utf8(std::string_view text) noexcept {
    std::size_t following = 0;
    std::uint8_t lowest = 0x80;
    std::uint8_t highest = 0xbf;
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (following > 0) {
            if (byte < lowest || byte > highest) return false;
            lowest = 0x80;
            highest = 0xbf;
            --following;
        } else if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xf4) return false;
            following = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
            if (byte == 0xe0) lowest = 0xa0;  // overlong forms
            if (byte == 0xf0) lowest = 0x90;
            if (byte == 0xed) highest = 0x9f;  // surrogates
            if (byte == 0xf4) highest = 0x8f;  // beyond U+10FFFF
        }
    }
    return following == 0;
}

std::string base64(std::span<const std::byte> bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0;
        };
        const std::uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
        for (std::size_t digit = 0; digit < 4; ++digit)
            text += i + digit > bytes.size() ? '=' : kDigits[group >> (18 - 6 * digit) & 63];
    }
    return text;
}

void put_path(Json& object, const std::string& key, std::string_view path) {
    if (is_utf8(path)) {
        object[key] = path;
    } else {
        object[key] = os::printable(path);
        object[key + "_b64"] = base64(os::as_bytes(path));
    }
}

}  // namespace kist::cli
