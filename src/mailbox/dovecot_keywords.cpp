#include "mailbox/dovecot_keywords.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

constexpr unsigned kLetters = 26;

char letter_of(unsigned number) {
    return static_cast<char>('a' + number);
}

}  // namespace

DovecotKeywords::DovecotKeywords(const std::set<std::string>& keywords) {
    for (const auto& keyword : keywords) {
        if (letters_.size() == kLetters) return;
        const auto number = static_cast<unsigned>(letters_.size());
        letters_.emplace(keyword, letter_of(number));
    }
}

DovecotKeywords DovecotKeywords::parse(std::string_view file) {
    DovecotKeywords keywords;
    while (!file.empty()) {
        const auto end = std::min(file.find('\n'), file.size());
        const auto line = file.substr(0, end);
        file.remove_prefix(std::min(end + 1, file.size()));
        unsigned number = 0;
        const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), number);
        const auto name = line.substr(static_cast<std::size_t>(rest - line.data()));
        if (error == std::errc() && number < kLetters && name.size() > 1 && name.front() == ' ')
            keywords.letters_.emplace(name.substr(1), letter_of(number));
    }
    return keywords;
}

std::string DovecotKeywords::file() const {
    std::string text;
    for (const auto& [keyword, letter] : letters_) text += fmt::format("{} {}\n", letter - 'a', keyword);
    return text;
}

std::string DovecotKeywords::letters_of(const std::set<std::string>& keywords) const {
    std::string letters;
    for (const auto& keyword : keywords)
        if (const auto known = letters_.find(keyword); known != letters_.end()) letters += known->second;
    std::ranges::sort(letters);
    return letters;
}

}  // namespace kist::mailbox
