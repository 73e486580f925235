#pragma once
// Giving back the space of records that nothing needs any more: packs that hold only such records are deleted, in the
// others holes are punched. What is needed is asked of the catalog each time; it marks only which packs to look at
// (pack.reclaim), so work that a crash interrupted is done again by the next writer. A reader of an older state may
// come upon a hole: no checksum fits there, and it looks again.

#include "kist/repository/repository.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

namespace kist::repository {

// In a commit's transaction, before the record of it is written: where what stays allocated in marked packs would be
// more than a twentieth of a pack in all, because needed records stand too close between others, the shortest of these
// stretches are copied to the end of the packs, until it is not. Fills plan.moved.
void move_scattered_records(const Repository& repository, sqlite::Database& catalog, PackWriter& pack);

bool has_marked_packs(sqlite::Database& catalog);
// After the commit, with the write lock held. Clears the marks.
void reclaim(const Repository& repository, sqlite::Database& catalog);

// What a crash left of a committed change: steps in latest/, then space. The write lock is held.
void finish_interrupted(const Repository& repository, sqlite::Database& catalog);

}  // namespace kist::repository
