#include "repository/source_row.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/tags.hpp"

#include "repository/entry_row.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

void require_id(SourceId id) {
    if (id <= 0) throw Error(ErrorCode::damaged, fmt::format("the catalog is damaged: no source has the id {}", id));
}

}  // namespace

Source read_source(const sqlite::Statement& row) {
    Source source;
    source.id = row.integer(0);
    source.host = row.text(1);
    source.path = row.text(2);
    source.name = row.text(3);
    require_id(source.id);
    require_entry_name(-source.id, source.path);
    return source;
}

Snapshot read_snapshot(const sqlite::Statement& row) {
    Snapshot snapshot;
    snapshot.number = row.integer(0);
    snapshot.source = row.integer(1);
    require_id(snapshot.source);
    snapshot.time = timestamp(row.integer(2));
    snapshot.finished = timestamp(row.integer(3));
    snapshot.files = static_cast<std::uint64_t>(row.integer(4));
    snapshot.entries = static_cast<std::uint64_t>(row.integer(5));
    snapshot.bytes = {static_cast<std::uint64_t>(row.integer(6))};
    snapshot.skipped = static_cast<std::uint64_t>(row.integer(7));
    snapshot.tags = split_tags(row.text(8));
    return snapshot;
}

bool is_tag(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 64;
    const auto is_allowed = [](char c) { return c > ' ' && c < 0x7f && c != ','; };
    return !text.empty() && text.size() <= kLongest && text.front() != '-' && std::ranges::all_of(text, is_allowed);
}

std::vector<std::string> normal_tags(std::vector<std::string> tags) {
    for (const auto& tag : tags)
        if (!is_tag(tag))
            throw Error(ErrorCode::usage, fmt::format("{} cannot be a tag", os::printable(tag)),
                        "A tag has up to 64 letters, digits and signs, without blanks and commas.");
    std::ranges::sort(tags);
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
}

std::string join_tags(const std::vector<std::string>& tags) {
    return fmt::format("{}", fmt::join(tags, ","));
}

std::vector<std::string> split_tags(std::string_view joined) {
    std::vector<std::string> tags;
    while (!joined.empty()) {
        const auto tag = joined.substr(0, joined.find(','));
        if (!is_tag(tag) || (!tags.empty() && tags.back() >= tag))
            throw Error(ErrorCode::damaged, fmt::format("a snapshot has an impossible tag: {}", os::printable(tag)));
        tags.emplace_back(tag);
        joined.remove_prefix(std::min(tag.size() + 1, joined.size()));
    }
    return tags;
}

}  // namespace kist::repository
