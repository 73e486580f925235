#include "mailbox/maildir_name.hpp"

#include "kist/crypto/sha256.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <strings.h>

namespace kist::mailbox {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kHashedAt = 200;  // so much of a name that is too long stays readable
constexpr std::string_view kInbox = "INBOX";

bool must_be_escaped(char character) {
    const auto byte = static_cast<std::uint8_t>(character);
    return byte < 0x20 || byte == 0x7f || character == '/' || character == '%' || character == '.';
}

std::optional<char> letter_of(const std::string& word) {
    constexpr std::pair<const char*, char> kLetters[] = {{"\\Draft", 'D'},    {"\\Flagged", 'F'}, {"$Forwarded", 'P'},
                                                         {"\\Answered", 'R'}, {"\\Seen", 'S'},    {"\\Deleted", 'T'}};
    for (const auto& [name, letter] : kLetters)
        if (strcasecmp(word.c_str(), name) == 0) return letter;
    return std::nullopt;
}

// A number at the beginning of `text`, which loses it together with what must follow it.
std::optional<std::uint32_t> take_number(std::string_view& text, std::string_view behind) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(behind)) return std::nullopt;
    text.remove_prefix(behind.size());
    return number;
}

}  // namespace

std::string name_hash(std::string_view text) {
    crypto::Sha256 sha;
    sha.update(std::as_bytes(std::span(text.data(), text.size())));
    return to_hex(sha.finish()).substr(0, 32);
}

std::string maildir_folder(std::string_view name, std::optional<char> delimiter) {
    if (name == kInbox) return {};
    std::string folder = ".";
    for (const char character : name) {
        if (delimiter && character == *delimiter && folder.size() > 1)
            folder += '.';
        else if (must_be_escaped(character) || (folder.size() == 1 && delimiter == character))
            folder += fmt::format("%{:02X}", static_cast<std::uint8_t>(character));
        else
            folder += character;
    }
    if (folder.size() <= kLongestName) return folder;
    return folder.substr(0, kHashedAt).append("%-").append(name_hash(folder));  // no name has "%-" otherwise
}

MessageFlags flags_of(const std::vector<std::string>& words) {
    std::set<char> letters;
    std::set<std::string> keywords;
    for (const auto& word : words) {
        if (const auto letter = letter_of(word))
            letters.insert(*letter);
        else if (strcasecmp(word.c_str(), "\\Recent") != 0)
            keywords.insert(word);
    }
    return {std::string(letters.begin(), letters.end()), fmt::format("{}", fmt::join(keywords, " "))};
}

std::string to_name(const MessageName& message) {
    return fmt::format("{0}.{1}.kist,U={1}:2,{2}", message.uid_validity, message.uid, message.letters);
}

std::optional<MessageName> parse_message_name(std::string_view name) {
    auto left = name;
    const auto validity = take_number(left, ".");
    const auto uid = validity ? take_number(left, ".kist,U=") : std::nullopt;
    const auto again = uid ? take_number(left, ":2,") : std::nullopt;
    if (!again || again != uid || left.size() > 6) return std::nullopt;
    MessageName message{*validity, *uid, std::string(left)};
    if (to_name(message) != name) return std::nullopt;
    return message;
}

}  // namespace kist::mailbox
