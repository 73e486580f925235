#include "mailbox/export_names.hpp"

#include "mailbox/maildir_name.hpp"
#include "mailbox/utf8.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

constexpr std::size_t kLongestPart = 200;
constexpr std::size_t kHashedAt = 150;
constexpr std::size_t kLongestSubject = 150;
constexpr std::string_view kFolderEnding = ".sbd";
constexpr std::string_view kNowhereAllowed = "/\\:*?\"<>|";

bool is_possible(char letter) {
    const auto byte = static_cast<std::uint8_t>(letter);
    return byte >= 0x20 && byte != 0x7f && kNowhereAllowed.find(letter) == std::string_view::npos;
}

std::string escaped(char letter) {
    return fmt::format("%{:02X}", static_cast<std::uint8_t>(letter));
}

bool is_good_end(std::string_view name) {
    return !name.ends_with('.') && !name.ends_with(' ') && !name.ends_with(kFolderEnding);
}

}  // namespace

std::string part_file_name(std::string_view part) {
    if (part.empty()) return "%-";  // no other name is that
    std::string name;
    for (std::string_view left = part; !left.empty();) {
        const auto length = sequence_length(left);
        const bool is_plain = length > 1 || (length == 1 && is_possible(left.front()) && left.front() != '%' &&
                                             !(name.empty() && left.front() == '.'));
        name += is_plain ? std::string(left.substr(0, length)) : escaped(left.front());
        left.remove_prefix(is_plain ? length : 1);
    }
    if (!is_good_end(name)) {
        const auto dot = name.ends_with(kFolderEnding) ? name.size() - kFolderEnding.size() : name.size() - 1;
        name.replace(dot, 1, escaped(name[dot]));
    }
    if (name.size() <= kLongestPart) return name;
    return std::string(cut_utf8(name, kHashedAt)).append("%-").append(name_hash(part));
}

std::string message_file_name(Timestamp date, std::string_view subject, std::uint32_t uid) {
    auto time = to_rfc3339(date);
    std::ranges::replace(time, ':', '.');
    std::string words(cut_utf8(subject, kLongestSubject));
    std::ranges::replace_if(
        words, [](char letter) { return !is_possible(letter); }, '_');
    return words.empty() ? fmt::format("{}-{}.eml", time, uid) : fmt::format("{}-{}-{}.eml", time, words, uid);
}

std::string eml_folder(const std::vector<std::string>& parts) {
    std::vector<std::string> names;
    for (const auto& part : parts) names.push_back(part_file_name(part));
    return fmt::format("{}", fmt::join(names, "/"));
}

std::string mbox_path(const std::vector<std::string>& parts) {
    std::vector<std::string> names;
    for (const auto& part : parts) names.push_back(part_file_name(part));
    return fmt::format("{}", fmt::join(names, ".sbd/"));
}

}  // namespace kist::mailbox
