#pragma once
// A configuration with which mutt and neomutt show a Maildir++ and change nothing in it.

#include <string>
#include <string_view>
#include <vector>

namespace kist::mailbox {

// maildir: absolute. folders: their directories' names in it; the inbox is there in any case.
std::string muttrc(const std::string& maildir, const std::vector<std::string>& folders);

// A word of a muttrc that stands for just this text: quoted, so that mutt expands and runs nothing of it.
std::string muttrc_word(std::string_view text);

}  // namespace kist::mailbox
