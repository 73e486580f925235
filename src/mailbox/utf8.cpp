#include "mailbox/utf8.hpp"

#include <clocale>
#include <cstdint>
#include <cwctype>

#include <locale.h>  // newlocale

namespace kist::mailbox {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
    return static_cast<std::uint8_t>(text[at]);
}

bool is_control(std::string_view sequence) noexcept {
    const auto first = byte_at(sequence, 0);
    return first <= 0x20 || first == 0x7f || (first == 0xc2 && byte_at(sequence, 1) < 0xa0);
}

char32_t decode(std::string_view sequence) noexcept {
    constexpr std::uint8_t kFirstBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t code = byte_at(sequence, 0) & kFirstBits[sequence.size()];
    for (std::size_t at = 1; at < sequence.size(); ++at) code = (code << 6U) | (byte_at(sequence, at) & 0x3fU);
    return code;
}

void append(std::string& text, char32_t code) {
    const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
    const auto more = [&](unsigned shift) { put(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80) return put(code);
    if (code < 0x800) return put(0xc0U | (code >> 6U)), more(0);
    if (code < 0x10000) return put(0xe0U | (code >> 12U)), more(6), more(0);
    put(0xf0U | (code >> 18U)), more(12), more(6), more(0);
}

// Threads: any. Null where this system has no such locale: then only ASCII is folded.
locale_t folding_locale() noexcept {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
}

char32_t small(char32_t code) noexcept {
    if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    const auto locale = folding_locale();
    return locale == nullptr ? code : static_cast<char32_t>(towlower_l(static_cast<wint_t>(code), locale));
}

}  // namespace

std::size_t sequence_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto first = byte_at(text, 0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at)
        if ((byte_at(text, at) & 0xc0) != 0x80) return 0;
    const auto second = byte_at(text, 1);
    const bool is_too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool is_no_character = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return is_too_long || is_no_character ? 0 : length;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) return text;
    while (limit > 0 && (byte_at(text, limit) & 0xc0) == 0x80) --limit;
    return text.substr(0, limit);
}

std::string clean_text(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    bool is_after_blank = false;
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length != 0 && is_control(text.substr(0, length))) {
            is_after_blank = true;
        } else {
            if (is_after_blank && !clean.empty()) clean += ' ';
            is_after_blank = false;
            clean += length == 0 ? kReplacement : text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

std::string fold_case(std::string_view utf8) {
    std::string folded;
    folded.reserve(utf8.size());
    while (!utf8.empty()) {
        const auto length = sequence_length(utf8);
        if (length == 0)
            folded += utf8.front();
        else
            append(folded, small(decode(utf8.substr(0, length))));
        utf8.remove_prefix(length == 0 ? 1 : length);
    }
    return folded;
}

}  // namespace kist::mailbox
