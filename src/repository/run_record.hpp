#pragma once
// The run record: everything a commit changes in the catalog, appended to a pack before it, so that a lost catalog can
// be rebuilt. Format: doc/format.md, "Run records".

#include "kist/repository/entry.hpp"
#include "kist/repository/snapshot.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

namespace kist::repository {

// Streams the record of `snapshot` into the pack. `catalog` is inside the commit's transaction, with the new rows in
// it: entries above `last_old_entry` and contents above `last_old_content` are the new ones.
struct RunRecordRange {
    EntryId last_old_entry = 0;
    ContentId last_old_content = 0;
};
void write_run_record(sqlite::Database& catalog, const Source& source, const Snapshot& snapshot, RunRecordRange range,
                      PackWriter& pack);

}  // namespace kist::repository
