#include "kist/repository/timeline.hpp"

#include "kist/base/error.hpp"

#include "repository/catalog_statements.hpp"

#include <algorithm>

namespace kist::repository {
namespace {

// Oldest first, with what follows upon itself joined. One name cannot be two things at once.
void put_in_order(std::vector<Stay>& stays) {
    std::ranges::sort(stays, {}, [](const Stay& stay) { return stay.span.first; });
    std::vector<Stay> joined;
    for (auto& stay : stays) {
        if (!joined.empty() && stay.span.first <= joined.back().span.last)
            throw Error(ErrorCode::damaged,
                        "the catalog is damaged: two things have one name, " + os::printable(stay.entry.name));
        const bool goes_on = !joined.empty() && joined.back().entry.id == stay.entry.id &&
                             stay.span.first == joined.back().span.last + 1;
        if (goes_on)
            joined.back().span.last = stay.span.last;
        else
            joined.push_back(std::move(stay));
    }
    stays = std::move(joined);
}

}  // namespace

// A directory of the catalog, in some of its snapshots.
struct Timeline::Folder {
    NodeId node = 0;
    Span span;
};

Timeline::Timeline(Catalog& catalog, const Source& source) : catalog_(catalog), reading_(catalog), source_(source) {
    for (auto& snapshot : catalog.snapshots())
        if (snapshot.source == source.id) snapshots_.push_back(std::move(snapshot));
}

Position Timeline::position(SnapshotNumber number) const {
    const auto at = std::ranges::lower_bound(snapshots_, number, {}, &Snapshot::number);
    return static_cast<Position>(at - snapshots_.begin());
}

std::optional<Span> Timeline::span_of(SnapshotNumber first, std::optional<SnapshotNumber> last) const {
    const auto begin = position(first);
    const auto end = last ? static_cast<Position>(std::ranges::upper_bound(snapshots_, *last, {}, &Snapshot::number) -
                                                  snapshots_.begin())
                          : snapshots_.size();
    if (begin >= end) return std::nullopt;
    return Span{begin, end - 1};
}

void Timeline::add_children(const Folder& folder, std::string_view name, std::vector<Stay>& found) {
    auto rows = catalog_.statements_->entries_where("directory = ?1 AND name = ?2 AND source = ?3");
    rows->bind(1, folder.node).bind_blob(2, name).bind(3, source_.id);
    while (rows->step()) {
        auto entry = read_entry(*rows);
        const auto span = span_of(entry);
        if (!span) continue;
        const Span common{std::max(span->first, folder.span.first), std::min(span->last, folder.span.last)};
        if (common.first <= common.last) found.push_back({std::move(entry), common});
    }
}

std::vector<Stay> Timeline::stays(std::string_view path) {
    const auto& top = source_.path;
    if (snapshots_.empty() || !path.starts_with(top)) return {};
    auto rest = path.substr(top.size());
    if (top != "/" && !rest.empty() && rest.front() != '/') return {};
    std::vector<Stay> found;
    add_children({-source_.id, {0, snapshots_.size() - 1}}, top, found);
    put_in_order(found);
    while (!rest.empty()) {
        const auto slash = std::min(rest.find('/'), rest.size());
        const auto name = rest.substr(0, slash);
        rest.remove_prefix(std::min(slash + 1, rest.size()));
        if (name.empty()) continue;
        std::vector<Stay> below;
        for (const auto& stay : found)
            if (stay.entry.metadata.type == os::FileType::directory)
                add_children({stay.entry.node.value(), stay.span}, name, below);
        put_in_order(below);
        found = std::move(below);
    }
    return found;
}

std::vector<Entry> Timeline::same_thing(const Entry& entry, Position at) {
    const auto number = snapshots_.at(at).number;
    const bool is_directory = entry.metadata.type == os::FileType::directory;
    const auto& identity = entry.identity;
    std::vector<Entry> found;
    if (!is_directory && (!entry.content || !identity.birth_time)) return found;
    auto rows = catalog_.statements_->entries_where(
        is_directory ? "node = ?1 AND type = 1 AND source = ?2 AND first <= ?3 AND (last IS NULL OR last >= ?3)"
                     : "content = ?1 AND source = ?2 AND first <= ?3 AND (last IS NULL OR last >= ?3) AND device = ?4 "
                       "AND inode = ?5 AND birth = ?6");
    rows->bind(1, is_directory ? entry.node : entry.content).bind(2, source_.id).bind(3, number);
    if (!is_directory) {
        rows->bind(4, static_cast<std::int64_t>(identity.device));
        rows->bind(5, static_cast<std::int64_t>(identity.inode)).bind(6, nanoseconds(*identity.birth_time));
    }
    while (rows->step()) found.push_back(read_entry(*rows));
    return found;
}

ChangedFolders Timeline::changed_folders(Position a, Position b) {
    const auto first = snapshots_.at(a).number;
    const auto second = snapshots_.at(b).number;
    std::vector<NodeId> waiting;
    {
        auto rows = catalog_.statements_->query(
            "SELECT DISTINCT directory FROM entry WHERE source = ?1 AND "
            "(first <= ?2 AND (last IS NULL OR last >= ?2)) <> (first <= ?3 AND (last IS NULL OR last >= ?3))");
        rows->bind(1, source_.id).bind(2, first).bind(3, second);
        while (rows->step()) waiting.push_back(rows->integer(0));
    }
    ChangedFolders changed;
    while (!waiting.empty()) {
        const auto node = waiting.back();
        waiting.pop_back();
        if (!changed.insert(node).second) continue;
        auto above = catalog_.statements_->query(
            "SELECT directory FROM entry WHERE node = ?1 AND type = 1 AND source = ?2 AND "
            "((first <= ?3 AND (last IS NULL OR last >= ?3)) OR (first <= ?4 AND (last IS NULL OR last >= ?4)))");
        above->bind(1, node).bind(2, source_.id).bind(3, first).bind(4, second);
        while (above->step()) waiting.push_back(above->integer(0));
    }
    return changed;
}

std::string Timeline::path(const Entry& entry, Position at) {
    return catalog_.source_path(entry, snapshots_.at(at).number);
}

}  // namespace kist::repository
