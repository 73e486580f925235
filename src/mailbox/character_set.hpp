#pragma once
// Texts in the character sets of mail.

#include <optional>
#include <string>
#include <string_view>

namespace kist::mailbox {

// In UTF-8, U+FFFD for what is impossible. nullopt: a character set that is not known. Only those that mail is written
// in are handed to iconv: names come from strangers, and not all of its converters are as well tried.
std::optional<std::string> to_utf8(std::string_view text, std::string_view character_set);

}  // namespace kist::mailbox
