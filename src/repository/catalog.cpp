#include "kist/repository/catalog.hpp"

#include "kist/base/error.hpp"

#include "repository/catalog_consistency.hpp"
#include "repository/catalog_statements.hpp"
#include "repository/entry_row.hpp"
#include "repository/source_row.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace kist::repository {
namespace {

constexpr const char* kContentColumns = "id, hash, size, place, pack, offset, stored, base";
// More steps than any filesystem has levels: a climb that takes longer goes round in a circle.
constexpr std::size_t kDeepest = 1U << 16U;

Error damaged(const std::string& what) {
    return {ErrorCode::damaged, "the catalog is damaged: " + what};
}

Content read_content(const sqlite::Statement& row) {
    Content content;
    content.id = row.integer(0);
    const auto hash = row.blob(1);
    const auto size = row.integer(2);
    const auto place = row.integer(3);
    const auto offset = row.integer(5);
    const auto stored = row.integer(6);
    if (hash.size() != content.hash.bytes.size() || size < 0 || place < 0 || place > 3 || offset < 0 || stored < 0)
        throw damaged(fmt::format("content {} is impossible", content.id));
    std::ranges::copy(hash, content.hash.bytes.begin());
    content.size = static_cast<std::uint64_t>(size);
    content.place = static_cast<ContentPlace>(place);
    content.pack = row.integer(4);
    content.offset = static_cast<std::uint64_t>(offset);
    content.stored = static_cast<std::uint64_t>(stored);
    content.base = row.optional_integer(7);
    return content;
}

// Calls visit(name) for each component of a path.
template <typename Visit>
bool each_component(std::string_view path, Visit visit) {
    while (!path.empty()) {
        const auto slash = std::min(path.find('/'), path.size());
        if (slash > 0 && !visit(path.substr(0, slash))) return false;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return true;
}

}  // namespace

Catalog::Catalog(const std::string& path) : statements_(std::make_unique<Statements>(path)) {}
Catalog::Catalog(Catalog&&) noexcept = default;
Catalog& Catalog::operator=(Catalog&&) noexcept = default;
Catalog::~Catalog() = default;

Catalog::Reading::Reading(Catalog& catalog) : statements_(*catalog.statements_) {
    if (statements_.readings == 0) {
        statements_.database.execute("BEGIN");
        try {
            statements_.query("SELECT 1 FROM source LIMIT 1")->step();  // the first read is what fixes the state
        } catch (...) {
            statements_.database.execute("ROLLBACK");
            throw;
        }
    }
    ++statements_.readings;
}

Catalog::Reading::~Reading() {
    if (--statements_.readings > 0) return;
    try {
        if (statements_.database.in_transaction()) statements_.database.execute("ROLLBACK");
    } catch (const Error&) {  // nothing was written: the connection's end gives the state back
    }
}

std::vector<Source> Catalog::sources() {
    std::vector<Source> sources;
    auto query = statements_->query(fmt::format("SELECT {} FROM source ORDER BY id", kSourceColumns));
    while (query->step()) sources.push_back(read_source(*query));
    return sources;
}

Source Catalog::source(SourceId id) {
    auto query = statements_->query(fmt::format("SELECT {} FROM source WHERE id = ?", kSourceColumns));
    if (!query->bind(1, id).step()) throw Error(ErrorCode::not_found, fmt::format("there is no source {}", id));
    return read_source(*query);
}

std::vector<Snapshot> Catalog::snapshots() {
    std::vector<Snapshot> snapshots;
    auto query = statements_->query(fmt::format("SELECT {} FROM snapshot ORDER BY number", kSnapshotColumns));
    while (query->step()) snapshots.push_back(read_snapshot(*query));
    return snapshots;
}

Snapshot Catalog::snapshot(SnapshotNumber number) {
    auto query = statements_->query(fmt::format("SELECT {} FROM snapshot WHERE number = ?", kSnapshotColumns));
    if (!query->bind(1, number).step())
        throw Error(ErrorCode::not_found, fmt::format("there is no snapshot {}", number), "`kist list` shows them.");
    return read_snapshot(*query);
}

Entry Catalog::root(const Snapshot& snapshot) {
    auto query = statements_->entries_where("directory = ?1 AND first <= ?2 AND (last IS NULL OR last >= ?2)");
    if (!query->bind(1, -snapshot.source).bind(2, snapshot.number).step())
        throw damaged(fmt::format("snapshot {} has no root", snapshot.number));
    return read_entry(*query);
}

std::optional<Entry> Catalog::find(const Snapshot& snapshot, NodeId directory, std::string_view name) {
    auto query = statements_->entries_where(
        "directory = ?1 AND name = ?3 AND first <= ?2 AND (last IS NULL OR last >= ?2) AND source = ?4");
    query->bind(1, directory).bind(2, snapshot.number).bind_blob(3, name).bind(4, snapshot.source);
    if (!query->step()) return std::nullopt;
    return read_entry(*query);
}

std::optional<Entry> Catalog::find_path(const Snapshot& snapshot, std::string_view path) {
    const Reading reading(*this);
    const auto top = source(snapshot.source).path;
    if (!path.starts_with(top)) return std::nullopt;
    path.remove_prefix(top.size());
    if (top != "/" && !path.empty() && path.front() != '/') return std::nullopt;
    std::optional<Entry> entry = root(snapshot);
    const bool found = each_component(path, [&](std::string_view name) {
        const bool is_directory = entry->metadata.type == os::FileType::directory;
        if (is_directory) entry = find(snapshot, *entry->node, name);
        return is_directory && entry.has_value();
    });
    return found ? entry : std::nullopt;
}

std::optional<Entry> Catalog::find_entry(const Snapshot& snapshot, EntryId id) {
    auto query = statements_->entries_where("id = ?1 AND first <= ?2 AND (last IS NULL OR last >= ?2) AND source = ?3");
    if (!query->bind(1, id).bind(2, snapshot.number).bind(3, snapshot.source).step()) return std::nullopt;
    return read_entry(*query);
}

LinkGroup Catalog::link_group(const Snapshot& snapshot, NodeId node) {
    auto query = statements_->query(
        "SELECT min(id), count(*) FROM entry WHERE node = ?1 AND first <= ?2 AND (last IS NULL OR last >= ?2) AND "
        "source = ?3 AND type <> 1");
    query->bind(1, node).bind(2, snapshot.number).bind(3, snapshot.source).step();
    return {query->integer(0), static_cast<std::uint32_t>(query->integer(1))};
}

void Catalog::list(const Snapshot& snapshot, NodeId directory, const std::function<void(Entry&&)>& visit) {
    auto query = statements_->entries_where(
        "directory = ?1 AND first <= ?2 AND (last IS NULL OR last >= ?2) AND source = ?3 ORDER BY name");
    query->bind(1, directory).bind(2, snapshot.number).bind(3, snapshot.source);
    visit_sound_rows(*query, read_entry, visit);
}

Totals Catalog::totals(const Snapshot& snapshot, NodeId directory) {
    // UNION, not UNION ALL: a directory that is inside itself ends the recursion.
    auto query = statements_->query(
        "WITH RECURSIVE below(node) AS (SELECT ?1 UNION SELECT entry.node FROM below JOIN entry ON directory = "
        "below.node "
        "WHERE type = 1 AND first <= ?2 AND (last IS NULL OR last >= ?2)) "
        "SELECT count(*), CAST(total(size) AS INTEGER) FROM below JOIN entry ON directory = below.node "
        "WHERE type = 0 AND first <= ?2 AND (last IS NULL OR last >= ?2)");
    query->bind(1, directory).bind(2, snapshot.number).step();
    return {static_cast<std::uint64_t>(query->integer(0)), {static_cast<std::uint64_t>(query->integer(1))}};
}

Content Catalog::content(ContentId id) {
    const auto found = find_content(id);
    if (!found) throw damaged(fmt::format("content {} is missing", id));
    return *found;
}

std::optional<Content> Catalog::find_content(ContentId id) {
    auto query = statements_->query(fmt::format("SELECT {} FROM content WHERE id = ?", kContentColumns));
    if (!query->bind(1, id).step()) return std::nullopt;
    return read_content(*query);
}

void Catalog::each_content(const std::function<void(const Content&)>& visit) {
    auto query = statements_->query(
        fmt::format("SELECT {} FROM content WHERE EXISTS (SELECT 1 FROM entry WHERE entry.content = content.id) "
                    "ORDER BY place, pack, offset, id",
                    kContentColumns));
    while (query->step()) visit(read_content(*query));
}

void Catalog::each_live_entry(const std::function<void(LiveEntry&&)>& visit) {
    const Reading reading(*this);
    auto& paths = statements_->paths();
    auto query = statements_->entries_where("last IS NULL ORDER BY id");
    const auto read = [&](const sqlite::Statement& row) {
        auto entry = read_entry(row);
        auto path = paths.path(entry.directory, entry.name);
        return LiveEntry{std::move(entry), std::move(path)};
    };
    visit_sound_rows(*query, read, visit);
}

std::optional<LiveEntry> Catalog::find_live(EntryId id) {
    const Reading reading(*this);
    auto query = statements_->entries_where("id = ?1 AND last IS NULL");
    if (!query->bind(1, id).step()) return std::nullopt;
    auto entry = read_entry(*query);
    auto path = statements_->paths().path(entry.directory, entry.name);
    return LiveEntry{std::move(entry), std::move(path)};
}

std::uint64_t Catalog::lost_contents() {
    auto query = statements_->query(
        "SELECT count(*) FROM content WHERE place = 3 AND EXISTS (SELECT 1 FROM entry WHERE content = content.id)");
    query->step();
    return static_cast<std::uint64_t>(query->integer(0));
}

Totals Catalog::stored_totals() {
    auto query = statements_->query(
        "SELECT count(*), CAST(total(size) AS INTEGER) FROM (SELECT size FROM entry WHERE last IS NULL AND type = 0 "
        "UNION ALL SELECT size FROM content WHERE place IN (1, 2) AND EXISTS (SELECT 1 FROM entry WHERE content = "
        "content.id))");
    query->step();
    return {static_cast<std::uint64_t>(query->integer(0)), {static_cast<std::uint64_t>(query->integer(1))}};
}

std::vector<std::string> Catalog::mirror_paths(ContentId id, std::size_t limit) {
    const Reading reading(*this);
    auto& live = statements_->paths();
    std::vector<std::string> paths;
    auto query = statements_->query(
        "SELECT directory, name FROM entry WHERE content = ?1 AND last IS NULL AND type = 0 LIMIT ?2");
    query->bind(1, id).bind(2, static_cast<std::int64_t>(limit));
    while (query->step()) paths.push_back(live.path(query->integer(0), query->text(1)));
    return paths;
}

std::string Catalog::source_path(const Entry& entry, SnapshotNumber snapshot) {
    const Reading reading(*this);
    std::vector<std::string> names{entry.name};
    for (auto directory = entry.directory; directory >= 0;) {
        auto query = statements_->query(
            "SELECT directory, name FROM entry WHERE node = ?1 AND type = 1 AND first <= ?2 AND (last IS NULL OR last "
            ">= ?2)");
        if (names.size() == kDeepest || !query->bind(1, directory).bind(2, snapshot).step())
            throw damaged(fmt::format("directory {} of snapshot {} has no way up to its source", directory, snapshot));
        directory = query->integer(0);
        names.emplace_back(query->text(1));
        require_entry_name(directory, names.back());
    }
    std::string path = names.back();
    for (auto name = names.rbegin() + 1; name != names.rend(); ++name) path += (path == "/" ? "" : "/") + *name;
    return path;
}

std::vector<Occurrence> Catalog::occurrences(ContentId id, std::size_t limit) {
    const Reading reading(*this);
    std::vector<Occurrence> found;
    auto query = statements_->entries_where("content = ?1 ORDER BY last IS NOT NULL, last DESC LIMIT ?2");
    query->bind(1, id).bind(2, static_cast<std::int64_t>(limit));
    while (query->step())
        if (auto occurrence = find_occurrence(read_entry(*query))) found.push_back(std::move(*occurrence));
    return found;
}

std::optional<Occurrence> Catalog::find_occurrence(const Entry& entry) {
    const Reading reading(*this);
    auto range = statements_->query(
        "SELECT min(number), max(number) FROM snapshot WHERE source = ?1 AND number >= ?2 "
        "AND (?3 IS NULL OR number <= ?3)");
    range->bind(1, entry.source).bind(2, entry.first).bind(3, entry.last);
    if (!range->step() || range->is_null(0)) return std::nullopt;
    const auto newest = range->integer(1);
    return Occurrence{source_path(entry, newest), range->integer(0), newest};
}

std::string Catalog::example_of(ContentId id) {
    const auto found = occurrences(id, 1);
    if (found.empty()) return fmt::format("content {}", id);
    return fmt::format("{}:{}", found.front().last, os::printable(found.front().path));
}

std::string Catalog::user_name(const Snapshot& snapshot, std::uint32_t number) {
    return owner_name("user AS name FROM entry WHERE uid = ?1 AND user <> ''", snapshot, number);
}

std::string Catalog::group_name(const Snapshot& snapshot, std::uint32_t number) {
    return owner_name("grp AS name FROM entry WHERE gid = ?1 AND grp <> ''", snapshot, number);
}

std::string Catalog::owner_name(std::string_view columns, const Snapshot& snapshot, std::uint32_t number) {
    auto query = statements_->query(
        fmt::format("SELECT {} AND source IN (SELECT id FROM source WHERE host = (SELECT host FROM source WHERE id = "
                    "?2)) ORDER BY first DESC LIMIT 1",
                    columns));
    query->bind(1, static_cast<std::int64_t>(number)).bind(2, snapshot.source);
    return query->step() ? std::string(query->text(0)) : std::string();
}

std::int64_t Catalog::version() {
    return statements_->version();
}

bool Catalog::has_pending_steps() {
    return statements_->query("SELECT 1 FROM step LIMIT 1")->step();
}

std::vector<std::string> Catalog::inconsistencies() {
    const Reading reading(*this);
    std::vector<std::string> found = find_inconsistencies(statements_->database);
    try {
        each_live_entry([](LiveEntry&&) {});
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        found.push_back(error.message());
    }
    return found;
}

}  // namespace kist::repository
