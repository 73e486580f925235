#include "kist/base/error.hpp"
#include "kist/look/search.hpp"
#include "kist/os/directory.hpp"

#include <fmt/format.h>

namespace kist::look {
namespace {

PathPattern parse(const std::string& text) {
    auto pattern = PathPattern::parse(text);
    if (!pattern)
        throw Error(ErrorCode::usage, fmt::format("{} is no pattern", os::printable(text)),
                    "A class needs its `]`, and a backslash something behind it.");
    return std::move(*pattern);
}

// What comes behind the last slash, where that is certain to be a pattern of the last name.
std::optional<PathPattern> last_name_of(std::string_view text) {
    while (text.ends_with('/')) text.remove_suffix(1);
    const auto slash = text.rfind('/');
    const auto name = text.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (text.substr(0, text.size() - name.size()).find('[') != std::string_view::npos) return std::nullopt;
    auto pattern = PathPattern::parse(name);
    if (!pattern || !pattern->is_for_names()) return std::nullopt;
    return pattern;
}

}  // namespace

PathGlob::PathGlob(const std::string& pattern) : pattern_(parse(pattern)), name_(last_name_of(pattern)) {}

bool PathGlob::may_match_name(std::string_view name) const {
    return !name_ || name_->matches_name(name);
}

bool PathGlob::matches(std::string_view path, bool is_directory) const {
    return pattern_.matches(path, is_directory);
}

}  // namespace kist::look
