#include "kist/mailbox/muttrc.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

constexpr std::string_view kText =
    "#   mutt -R -F THIS_FILE     (neomutt, too)\n"
    "set folder={0}\n"
    "set mbox_type=Maildir\n"
    "set spoolfile={0}\n"
    "set read_only=yes\n"
    "set mark_old=no\n"
    "set move=no\n"
    "set record=''\n"
    "set postponed=''\n"
    "set header_cache=''\n"
    "mailboxes {0}\n";

}  // namespace

std::string muttrc_word(std::string_view text) {
    std::string word = "'";
    for (const char letter : text) {
        const auto byte = static_cast<std::uint8_t>(letter);
        if (letter == '\'')
            word += "'\\''";
        else if (byte < 0x20 || byte == 0x7f)
            word += fmt::format("'\\{:03o}'", byte);
        else
            word += letter;
    }
    return word += '\'';
}

std::string muttrc(const std::string& maildir, const std::vector<std::string>& folders) {
    auto text = fmt::format(kText, muttrc_word(maildir));
    for (const auto& folder : folders)
        if (!folder.empty()) text += fmt::format("mailboxes {}\n", muttrc_word(fmt::format("{}/{}", maildir, folder)));
    return text;
}

}  // namespace kist::mailbox
