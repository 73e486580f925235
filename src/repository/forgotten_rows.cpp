#include "repository/forgotten_rows.hpp"

#include "kist/base/error.hpp"

#include "repository/pack_rows.hpp"
#include "repository/source_row.hpp"
#include "repository/steps.hpp"

#include <fmt/format.h>

namespace kist::repository {
namespace {

void find_neighbours(sqlite::Database& catalog) {
    constexpr const char* kLeft =
        "FROM main.snapshot s WHERE s.source = f.source AND NOT EXISTS "
        "(SELECT 1 FROM plan.forgotten g WHERE g.number = s.number) AND s.number";
    catalog.execute(
        fmt::format("UPDATE plan.forgotten AS f SET older = (SELECT max(s.number) {0} < f.number), "
                    "newer = (SELECT min(s.number) {0} > f.number)",
                    kLeft));
}

}  // namespace

void list_forgotten(sqlite::Database& catalog, const std::vector<SnapshotNumber>& numbers) {
    auto insert = catalog.prepare(
        "INSERT OR IGNORE INTO plan.forgotten (number, source) SELECT number, source FROM main.snapshot WHERE number = "
        "?");
    auto find = catalog.prepare("SELECT 1 FROM plan.forgotten WHERE number = ?");
    for (const auto number : numbers) {
        insert.bind(1, number).run();
        if (!find.bind(1, number).step())
            throw Error(ErrorCode::not_found, fmt::format("there is no snapshot {}", number),
                        "`kist list` shows them.");
        find.reset();
    }
    find_neighbours(catalog);
}

std::vector<Snapshot> remove_forgotten(sqlite::Database& catalog, Removed& removed) {
    std::vector<Snapshot> snapshots;
    auto rows = catalog.prepare(
        fmt::format("SELECT {} FROM main.snapshot WHERE number IN (SELECT number FROM plan.forgotten) ORDER BY number",
                    kSnapshotColumns));
    while (rows.step()) snapshots.push_back(read_snapshot(rows));
    catalog.execute(
        fmt::format("INSERT OR IGNORE INTO plan.freed SELECT content FROM main.entry WHERE content IS NOT NULL AND {}",
                    kHoldsNone));
    catalog.execute(fmt::format("DELETE FROM main.entry WHERE {}", kHoldsNone));
    removed.entries += static_cast<std::uint64_t>(catalog.changes());
    catalog.execute(
        "UPDATE main.entry SET first = (SELECT newer FROM plan.forgotten WHERE number = first) "
        "WHERE first IN (SELECT number FROM plan.forgotten)");
    catalog.execute(
        "UPDATE main.entry SET last = NULL WHERE last >= "
        "(SELECT older FROM plan.forgotten f WHERE f.newer IS NULL AND f.source = entry.source LIMIT 1)");
    catalog.execute(
        "UPDATE main.entry SET last = (SELECT older FROM plan.forgotten WHERE number = last) "
        "WHERE last IN (SELECT number FROM plan.forgotten)");
    catalog.execute(
        "DELETE FROM main.skipped WHERE snapshot IN (SELECT number FROM plan.forgotten);"
        "DELETE FROM main.snapshot WHERE number IN (SELECT number FROM plan.forgotten);"
        "DELETE FROM main.source WHERE id NOT IN (SELECT source FROM main.snapshot)");
    return snapshots;
}

void list_freed(sqlite::Database& catalog) {
    catalog.execute(
        "DELETE FROM plan.freed WHERE EXISTS (SELECT 1 FROM main.entry WHERE entry.content = freed.content)");
    // And what stayed only because others need it: below, and between, so that it is decided upon anew.
    constexpr const char* kBasesOfFreed =
        "INSERT OR IGNORE INTO plan.freed SELECT k.base FROM plan.freed f JOIN main.content k ON k.id = f.content "
        "WHERE k.base IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.entry WHERE entry.content = k.base)";
    constexpr const char* kNamelessOnFreed =
        "INSERT OR IGNORE INTO plan.freed SELECT k.id FROM plan.freed f JOIN main.content k ON k.base = f.content "
        "WHERE NOT EXISTS (SELECT 1 FROM main.entry WHERE entry.content = k.id)";
    for (std::int64_t found = 1; found > 0;) {
        catalog.execute(kBasesOfFreed);
        found = catalog.changes();
        catalog.execute(kNamelessOnFreed);
        found += catalog.changes();
    }
}

void keep_needed_bases(sqlite::Database& catalog) {
    constexpr const char* kNeeded =
        "DELETE FROM plan.freed WHERE EXISTS (SELECT 1 FROM main.content k WHERE k.base = freed.content "
        "AND NOT EXISTS (SELECT 1 FROM plan.freed f WHERE f.content = k.id))";
    do {
        catalog.execute(kNeeded);
    } while (catalog.changes() > 0);
}

void remove_freed(sqlite::Database& catalog, Removed& removed) {
    auto totals = catalog.prepare(
        "SELECT count(*), coalesce(sum(CASE place WHEN 1 THEN stored WHEN 2 THEN size END), 0) FROM main.content "
        "WHERE place <> 0 AND id IN (SELECT content FROM plan.freed)");
    totals.step();
    removed.contents += static_cast<std::uint64_t>(totals.integer(0));
    removed.freed += ByteCount{static_cast<std::uint64_t>(totals.integer(1))};
    totals.reset();
    mark_packs_of_contents(catalog, "SELECT content FROM plan.freed");
    write_removals_of_kept(catalog, "SELECT content FROM plan.freed");
    catalog.execute("DELETE FROM main.content WHERE id IN (SELECT content FROM plan.freed)");
}

}  // namespace kist::repository
