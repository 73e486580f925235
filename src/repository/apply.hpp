#pragma once
// Brings latest/ to the committed state: carries out the steps of the catalog's `step` table.

#include "kist/os/directory.hpp"
#include "kist/sqlite/database.hpp"

namespace kist::repository {

class Repository;

bool has_steps(sqlite::Database& catalog);

// The mark staging/patching: from here on what was committed counts as committed even where the catalog is lost,
// whatever is in staging/in.
void announce_commit(const os::Directory& staging);

// Does every step that is not done yet, in an order in which each can be repeated after a crash at any instant, syncs,
// and clears the list. The caller holds the write lock. On failure the steps stay, to be done by the next apply().
// What is staged and no step names stays where it is.
void apply(const Repository& repository, sqlite::Database& catalog);

}  // namespace kist::repository
