#include "kist/mailproto/modified_utf7.hpp"

#include <cstdint>
#include <vector>

namespace kist::mailproto {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
constexpr char32_t kLast = 0x10FFFF;

bool is_plain(char32_t character) {
    return character >= 0x20 && character <= 0x7e;
}

bool is_surrogate(char32_t unit) {
    return unit >= 0xD800 && unit <= 0xDFFF;
}

void append_utf8(std::string& text, char32_t character) {
    const auto add = [&](char32_t byte) { text += static_cast<char>(static_cast<std::uint8_t>(byte)); };
    if (character < 0x80) return add(character);
    if (character < 0x800) {
        add(0xC0 | (character >> 6U));
    } else {
        if (character < 0x10000) {
            add(0xE0 | (character >> 12U));
        } else {
            add(0xF0 | (character >> 18U));
            add(0x80 | ((character >> 12U) & 0x3FU));
        }
        add(0x80 | ((character >> 6U) & 0x3FU));
    }
    add(0x80 | (character & 0x3FU));
}

// The character at the beginning of `text`, which loses it; nullopt: it is no UTF-8.
std::optional<char32_t> take_utf8(std::string_view& text) {
    const auto first = static_cast<std::uint8_t>(text.front());
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || text.size() < length) return std::nullopt;
    char32_t character = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t at = 1; at < length; ++at) {
        const auto byte = static_cast<std::uint8_t>(text[at]);
        if ((byte & 0xC0U) != 0x80U) return std::nullopt;
        character = (character << 6U) | (byte & 0x3FU);
    }
    const bool is_overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
    if (is_overlong || is_surrogate(character) || character > kLast) return std::nullopt;
    text.remove_prefix(length);
    return character;
}

// UTF-16 from between "&" and "-"; nullopt where it is none, or bits are left over.
std::optional<std::vector<char32_t>> units_of(std::string_view digits) {
    std::vector<char32_t> units;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char digit : digits) {
        const auto value = kDigits.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 16) continue;
        count -= 16;
        units.push_back((bits >> count) & 0xFFFFU);
        bits &= (1U << count) - 1;
    }
    if (bits != 0 || count >= 6) return std::nullopt;
    return units;
}

bool append_units(std::string& text, const std::vector<char32_t>& units) {
    for (std::size_t at = 0; at < units.size(); ++at) {
        auto character = units[at];
        if (is_surrogate(character)) {
            const bool is_pair =
                character < 0xDC00 && at + 1 < units.size() && units[at + 1] >= 0xDC00 && units[at + 1] <= 0xDFFF;
            if (!is_pair) return false;
            character = 0x10000 + ((character - 0xD800) << 10U) + (units[++at] - 0xDC00);
        }
        if (is_plain(character) || character == 0) return false;  // what has a plain form has no other
        append_utf8(text, character);
    }
    return true;
}

std::string in_base64(const std::vector<char32_t>& units) {
    std::string digits;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto unit : units) {
        bits = (bits << 16U) | static_cast<std::uint32_t>(unit);
        count += 16;
        while (count >= 6) {
            count -= 6;
            digits += kDigits[(bits >> count) & 0x3FU];
        }
        bits &= (1U << count) - 1;
    }
    if (count > 0) digits += kDigits[(bits << (6 - count)) & 0x3FU];
    return digits;
}

}  // namespace

std::optional<std::string> decode_modified_utf7(std::string_view name) {
    std::string text;
    bool was_shifted = false;  // two shifts in a row would have been one
    while (!name.empty()) {
        const char character = name.front();
        if (character != '&') {
            if (!is_plain(static_cast<std::uint8_t>(character))) return std::nullopt;
            text += character;
            name.remove_prefix(1);
            was_shifted = false;
            continue;
        }
        const auto end = name.find('-');
        if (end == std::string_view::npos) return std::nullopt;
        const auto digits = name.substr(1, end - 1);
        name.remove_prefix(end + 1);
        if (digits.empty()) {
            text += '&';
            was_shifted = false;
            continue;
        }
        const auto units = units_of(digits);
        if (was_shifted || !units || units->empty() || !append_units(text, *units)) return std::nullopt;
        was_shifted = true;
    }
    return text;
}

std::optional<std::string> encode_modified_utf7(std::string_view text) {
    std::string name;
    std::vector<char32_t> shifted;
    const auto end_shift = [&] {
        if (shifted.empty()) return;
        name.append("&").append(in_base64(shifted)).append("-");
        shifted.clear();
    };
    while (!text.empty()) {
        const auto character = take_utf8(text);
        if (!character || *character == 0) return std::nullopt;
        if (is_plain(*character)) {
            end_shift();
            name += static_cast<char>(*character);
            if (*character == '&') name += '-';
        } else if (*character < 0x10000) {
            shifted.push_back(*character);
        } else {
            shifted.push_back(0xD800 + ((*character - 0x10000) >> 10U));
            shifted.push_back(0xDC00 + ((*character - 0x10000) & 0x3FFU));
        }
    }
    end_shift();
    return name;
}

}  // namespace kist::mailproto
