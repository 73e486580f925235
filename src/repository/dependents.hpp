#pragma once
// Contents that are kept as deltas of others which go: each gets a new record that does without them, so that any
// snapshot can be forgotten.

#include "kist/repository/repository.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

namespace kist::repository {

// What becomes of a content that goes, but that deltas of others apply to.
enum class FreedBases {
    stay_where_cheaper,  // than what would be written in its place
    go,
};

// In a commit's transaction, when plan.freed lists what is to go (list_freed()): deltas are composed down to the next
// content that stays, or left as they are where that gives little back. Where a freed base stays, or a record is
// damaged, what is needed does not go. Fills plan.moved, and takes from plan.freed what stays.
void rebase_dependents(const Repository& repository, sqlite::Database& catalog, PackWriter& pack,
                       FreedBases freed_bases);

}  // namespace kist::repository
