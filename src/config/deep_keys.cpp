#include "config/deep_keys.hpp"

#include <algorithm>

namespace kist::config {
namespace {

bool is_at(std::string_view text, std::size_t at, std::string_view what) {
    return text.substr(at, what.size()) == what;
}

// The offset behind a text that begins at `begin`, or the end.
std::size_t skip_text(std::string_view toml, std::size_t begin) {
    const char quote = toml[begin];
    const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
    const bool is_long = is_at(toml, begin, triple);
    for (auto at = begin + (is_long ? 3 : 1); at < toml.size(); ++at) {
        if (toml[at] == '\\' && quote == '"') {
            ++at;
        } else if (!is_long && (toml[at] == quote || toml[at] == '\n')) {
            return at + 1;
        } else if (is_long && is_at(toml, at, triple)) {
            at += 3;
            for (int more = 0; more < 2 && at < toml.size() && toml[at] == quote; ++more) ++at;  // its last characters
            return at;
        }
    }
    return toml.size();
}

}  // namespace

std::optional<std::size_t> find_deep_key(std::string_view toml, std::size_t most_dots) {
    std::size_t dots = 0;
    for (std::size_t at = 0; at < toml.size(); ++at) {
        const char c = toml[at];
        if (c == '"' || c == '\'')
            at = skip_text(toml, at) - 1;
        else if (c == '#')
            at = std::min(toml.find('\n', at), toml.size()) - 1;
        else if (c == '\n' || c == '=' || c == ',' || c == '{')
            dots = 0;
        else if (c == '.' && ++dots > most_dots)
            return at;
    }
    return std::nullopt;
}

}  // namespace kist::config
