#include "kist/mailbox/folder_choice.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailbox/maildir_name.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

std::vector<PathPattern> parse_all(const std::vector<std::string>& texts) {
    std::vector<PathPattern> patterns;
    for (const auto& text : texts) {
        auto pattern = PathPattern::parse(text);
        if (!pattern) throw Error(ErrorCode::usage, fmt::format("{} is no pattern of folders", os::printable(text)));
        patterns.push_back(std::move(*pattern));
    }
    return patterns;
}

// The folder itself, or one that it is in.
bool matches(const std::vector<PathPattern>& patterns, const std::string& folder) {
    const auto path = std::string("/").append(folder);
    for (auto end = path.size(); end != std::string::npos && end > 0; end = path.rfind('/', end - 1)) {
        const auto above = path.substr(0, end);
        if (std::ranges::any_of(patterns, [&](const auto& pattern) { return pattern.matches(above, true); }))
            return true;
    }
    return false;
}

}  // namespace

FolderChoice::FolderChoice(const std::vector<std::string>& only, const std::vector<std::string>& excluded)
    : only_(parse_all(only)), excluded_(parse_all(excluded)) {}

bool FolderChoice::wants(const std::string& folder) const {
    return (only_.empty() || matches(only_, folder)) && !matches(excluded_, folder);
}

std::string messages_path(std::string_view folder) {
    const auto directory = maildir_folder(folder, '/');
    return directory.empty() ? "cur" : fmt::format("{}/cur", directory);
}

}  // namespace kist::mailbox
