#pragma once
// UTF-8 (RFC 3629), as far as texts of messages and names need it.

#include <cstddef>
#include <string>
#include <string_view>

namespace kist::mailbox {

inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Of the sequence at the beginning of `text`; 0: there is none.
std::size_t sequence_length(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;
// At most so many bytes, without cutting a sequence in two.
std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept;

// For people and for searching: controls and breaks become blanks, several blanks one, none are left at the ends, and
// what is no UTF-8 becomes U+FFFD.
std::string clean_text(std::string_view text);

// Without the difference between capital and small letters, wherever a letter has just one of the other kind.
std::string fold_case(std::string_view utf8);

}  // namespace kist::mailbox
