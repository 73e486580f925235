#pragma once
// The catalog's rows about packs: where writing goes on, how much of each is committed, and which hold space to be
// given back.

#include "kist/repository/repository.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/pack.hpp"

#include <string>

namespace kist::repository {

// Goes on behind the committed end of the last pack.
PackWriter continue_packs(const Repository& repository, sqlite::Database& catalog);
// Cuts off what lies beyond: records of a change that ended without a commit. Only while nobody writes.
void cut_off_uncommitted(const Repository& repository, sqlite::Database& catalog);
// In a commit's transaction, when all its records have been appended.
void record_packs(sqlite::Database& catalog, const PackWriter& pack);

// In a commit's transaction, before the rows go that say where the records lie. contents: an SQL subquery of ids, of
// contents whose records nobody will need.
void mark_packs_of_contents(sqlite::Database& catalog, const std::string& contents);
void mark_packs_of_run_records(sqlite::Database& catalog);

}  // namespace kist::repository
