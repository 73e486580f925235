#pragma once
// What forgetting does to the catalog's rows, in the commit's transaction. doc/format.md, "Run records", says the same
// to those who replay it.

#include "kist/repository/forget.hpp"
#include "kist/sqlite/database.hpp"

#include <vector>

namespace kist::repository {

// In a statement on main.entry: whether the row holds no snapshot that is left.
inline constexpr const char* kHoldsNone =
    "EXISTS (SELECT 1 FROM plan.forgotten f WHERE f.number = first AND (f.newer IS NULL OR last < f.newer))";

// Fills plan.forgotten. not_found where a number names no snapshot.
void list_forgotten(sqlite::Database& catalog, const std::vector<SnapshotNumber>& numbers);

// Removes the snapshots of plan.forgotten and the rows that hold no other; the others' first and last become snapshots
// that are left, and rows that hold the newest one of a source stand (again). Sources that have none left go. Fills
// plan.freed. Returns the snapshots.
std::vector<Snapshot> remove_forgotten(sqlite::Database& catalog, Removed& removed);

// Leaves in plan.freed what no row names, and adds the bases of the deltas among it that no row names either.
void list_freed(sqlite::Database& catalog);
// Takes from plan.freed what others are deltas of.
void keep_needed_bases(sqlite::Database& catalog);
// Removes the contents of plan.freed; their packs are marked, and steps will remove their files in history/kept.
void remove_freed(sqlite::Database& catalog, Removed& removed);

}  // namespace kist::repository
