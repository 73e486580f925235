#pragma once
// Texts of header fields, in which other characters than ASCII's are encoded words: RFC 2047, 2231.

#include <string>
#include <string_view>

namespace kist::mailbox {

// As clean_text() makes it. A word in a character set that is not known here stays as it is. What is not encoded though
// it should be is taken for UTF-8, or else for Windows-1252. Adjacent words of one character set are one text, even
// where they cut a character in two.
std::string decode_words(std::string_view field);

}  // namespace kist::mailbox
