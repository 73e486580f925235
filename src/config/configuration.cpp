#include "kist/config/configuration.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kist::config {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::array<std::string_view, 4> kSnapshotWords{"latest", "now", "today", "yesterday"};

template <typename Named>
const Named* find_named(const std::vector<Named>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &Named::name);
    return found == all.end() ? nullptr : &*found;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool holds(std::string_view folder, std::string_view path) {
    return path == folder || folder == "/" || (path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

std::string to_text(const Origin& origin) {
    return origin.line == 0 ? origin.file : fmt::format("{}:{}", origin.file, origin.line);
}

const Volume* Configuration::find_volume(std::string_view name) const {
    return find_named(volumes, name);
}

const Source* Configuration::find_source(std::string_view name) const {
    return find_named(sources, name);
}

const Source* Configuration::find_source_of(std::string_view path) const {
    for (const auto& source : sources)
        if (std::ranges::find(source.paths, path) != source.paths.end()) return &source;
    return nullptr;
}

const Source* Configuration::find_source_above(std::string_view path) const {
    for (const auto& source : sources)
        for (const auto& its : source.paths)
            if (holds(its, path)) return &source;
    return nullptr;
}

bool is_name(std::string_view text) noexcept {
    const auto is_allowed = [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= kLongestName && is_letter(text.front()) &&
           std::ranges::all_of(text, is_allowed) && std::ranges::find(kSnapshotWords, text) == kSnapshotWords.end();
}

}  // namespace kist::config
