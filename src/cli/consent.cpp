#include "cli/consent.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/prompt.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kist::cli {
namespace {

// For a shell, so that it can be copied.
std::string quoted(const std::string& word) {
    const bool is_plain = std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._:+-").find(c) != std::string_view::npos;
    });
    if (is_plain && !word.empty()) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return os::printable(text + "'");
}

}  // namespace

void require_typed_name(const std::string& option, const std::vector<std::string>& identifiers,
                        const std::string& name) {
    const auto right = fmt::format("--yes-erase {}", quoted(identifiers.front()));
    if (!option.empty()) {
        if (std::ranges::count(identifiers, option) > 0) return;
        throw Error(ErrorCode::usage,
                    fmt::format("--yes-erase {} does not name {}", os::printable(option), os::printable(name)),
                    fmt::format("If you mean it: {}", right));
    }
    if (!can_ask())
        throw Error(ErrorCode::usage,
                    fmt::format("what is on {} would be lost, and there is no terminal to ask", os::printable(name)),
                    fmt::format("If you mean it: {}", right));
    if (ask_line(fmt::format("Everything on it will be lost. Type {} to go on", os::printable(name))) != name)
        throw Error(ErrorCode::usage, "that is another name", "Nothing was changed.");
}

}  // namespace kist::cli
