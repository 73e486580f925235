#pragma once
// The plan of an undo: what has to happen in latest/ so that it shows the newest snapshot that is left of a source.
// Written as changes of a run (plan.change), so that departure, steps and apply are those of a run.

#include "kist/os/directory.hpp"
#include "kist/sqlite/database.hpp"

namespace kist::repository {

// plan.forgotten holds the newest snapshots of one source, and nothing else. Fills plan.vanishing with the rows that
// vanish, and plan.change and plan.directory: a change with an `entry` makes that row stand again, by what is under its
// name, by a plain file or folder that moves there, by a hard link, or by an object to be staged (outcome stored).
void plan_reversal(const os::Directory& mirror, sqlite::Database& plan);

}  // namespace kist::repository
