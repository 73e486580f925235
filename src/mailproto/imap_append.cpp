#include "kist/mailproto/imap_append.hpp"

#include "mailproto/words.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <strings.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestFlag = 1024;

bool is_same_flag(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::vector<ImapPart> append_command(const std::string& folder, std::span<const AppendedMessage> messages) {
    std::vector<ImapPart> parts;
    parts.reserve(messages.size());
    for (const auto& message : messages) {
        const auto head = parts.empty() ? fmt::format("APPEND {}", imap_quoted(folder)) : std::string();
        parts.push_back({fmt::format("{} ({}) \"{}\" ", head, fmt::join(message.flags, " "),
                                     internal_date_text(message.internal_date)),
                         message.bytes});
    }
    return parts;
}

bool is_flag(std::string_view word) {
    if (is_same_flag(word, "\\Recent")) return false;
    const auto atom = word.starts_with('\\') ? word.substr(1) : word;
    return !atom.empty() && word.size() <= kLongestFlag && std::ranges::all_of(atom, [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
    });
}

void KeptFlags::on_status(const ImapStatus& status) {
    constexpr std::string_view kWord = "PERMANENTFLAGS (";
    if (status.code.size() < kWord.size() || strncasecmp(status.code.data(), kWord.data(), kWord.size()) != 0) return;
    is_known_ = true;
    takes_new_keywords_ = false;
    auto list = status.code.substr(kWord.size());
    list.resize(std::min(list.size(), list.find(')')));
    flags_ = words_of(list);
    takes_new_keywords_ = std::ranges::find(flags_, "\\*") != flags_.end();
}

bool KeptFlags::keeps(std::string_view flag) const {
    if (!is_known_ || (takes_new_keywords_ && !flag.starts_with('\\'))) return true;
    return std::ranges::any_of(flags_, [&](const auto& one) { return is_same_flag(one, flag); });
}

}  // namespace kist::mailproto
