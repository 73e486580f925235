#pragma once
// What purging paths does to the catalog's rows.

#include "kist/repository/purge.hpp"
#include "kist/sqlite/database.hpp"

namespace kist::repository {

// Fills plan.purged with the rows that are matched, or stand below what is, and in which snapshots. Sets paths,
// path_count and snapshots. Changes nothing else but the totals of snapshots, which count what is left. Errors: as of
// purge().
void list_purged(sqlite::Database& catalog, const PurgeRequest& request, const std::vector<Source>& sources,
                 PurgeResult& result);

// Takes the snapshots of plan.purged from its rows: these vanish, become shorter, or two. Fills plan.freed.
void remove_purged(sqlite::Database& catalog, Removed& removed);

}  // namespace kist::repository
