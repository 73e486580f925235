#pragma once
// Run records: everything a commit changes in the catalog, appended to a pack before it, so that a lost catalog can be
// rebuilt; and checkpoints, which hold all of the catalog, so that what came before is not needed any more. Format:
// doc/format.md, "Run records". `catalog` is inside the commit's transaction with all changes made, and has the plan
// attached; where the records lie is noted in it.

#include "kist/repository/entry.hpp"
#include "kist/repository/snapshot.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

namespace kist::repository {

// Of a run that made `snapshot`: entries above `last_old_entry` and contents above `last_old_content` are the new ones.
struct RunRecordRange {
    EntryId last_old_entry = 0;
    ContentId last_old_content = 0;
};
void write_run_record(sqlite::Database& catalog, const Source& source, const Snapshot& snapshot, RunRecordRange range,
                      PackWriter& pack);

// Of a change of history: plan.forgotten, plan.moved, the names of `renamed`, and of an undo what plan.change, leaving
// and returned say.
void write_history_record(sqlite::Database& catalog, const std::vector<SourceId>& renamed, PackWriter& pack);
// Of a repair: contents in plan.moved, plain files that were made anew, and names that the next run has to read again.
void write_repair_record(sqlite::Database& catalog, PackWriter& pack);

// The records become garbage, and their packs are marked: a checkpoint has to follow.
void drop_run_records(sqlite::Database& catalog);
// The whole catalog, in the place of all records before it.
void write_checkpoint(sqlite::Database& catalog, PackWriter& pack);

// Whether the records have become so much larger than a checkpoint would be that one is due. slack: by how much.
bool is_checkpoint_due(sqlite::Database& catalog, std::uint64_t slack);

}  // namespace kist::repository
