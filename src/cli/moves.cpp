#include "cli/moves.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kist::cli {
namespace {

std::string normal_path(std::string_view path, const std::string& whole) {
    std::string normal;
    const bool is_absolute = path.starts_with('/');
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        const auto name = path.substr(0, slash);
        path.remove_prefix(std::min(slash + 1, path.size()));
        if (!is_absolute || name == "..")
            throw Error(ErrorCode::usage, fmt::format("--move {}: no pair of absolute paths", os::printable(whole)),
                        "Like /home/anna=/home/paul.");
        if (!name.empty() && name != ".") normal.append("/").append(name);
    }
    return normal.empty() ? "/" : normal;
}

}  // namespace

Move parse_move(const std::string& text) {
    const auto equals = text.find('=');
    const auto from = text.substr(0, equals);
    const auto to = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (from.empty() || to.empty())
        throw Error(ErrorCode::usage, fmt::format("--move {}: no pair of absolute paths", os::printable(text)),
                    "Like /home/anna=/home/paul.");
    return {normal_path(from, text), normal_path(to, text)};
}

bool is_at_or_below(const std::string& path, const std::string& folder) {
    return folder == "/" || path == folder ||
           (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

std::string moved(const std::string& path, const std::vector<Move>& moves) {
    const Move* nearest = nullptr;
    for (const auto& move : moves)
        if (is_at_or_below(path, move.from) && (nearest == nullptr || move.from.size() > nearest->from.size()))
            nearest = &move;
    if (nearest == nullptr) return path;
    auto rest = nearest->from == "/" ? path : path.substr(nearest->from.size());
    if (rest == "/") rest.clear();
    if (nearest->to == "/") return rest.empty() ? "/" : rest;
    return nearest->to + rest;
}

std::string literal_pattern(const std::string& path) {
    std::string pattern;
    for (const char c : path) {
        if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern;
}

}  // namespace kist::cli
