#pragma once
// The steps that bring latest/ from one committed state to the next, written in the commit's own transaction and
// carried out by apply(). An object is a path in .kist/staging: `in/ID` (ID: the change that staged it) or `out/ID`
// (ID: the entry that stood there).

#include "kist/repository/run.hpp"
#include "kist/sqlite/database.hpp"

#include <vector>

namespace kist::repository {

enum class StepKind {
    out = 1,       // what leaves its name: path to object
    keep = 2,      // a large old content: path to history/kept/object
    ancestor = 3,  // a folder above a source's root; object holds `MODE UID GID`
    place = 4,     // object to path
    link = 5,      // path becomes a hard link of the path in object
    metadata = 6,  // of `entry` onto path
    forget = 7,    // history/kept/path is not needed any more
    patch = 8,     // the plain file at path, by the redo log in object
};

struct Step {
    std::int64_t id = 0;
    StepKind kind = StepKind::out;
    std::string path;  // in latest/
    std::string object;
    std::uint64_t inode = 0;
    std::optional<EntryId> entry;
};

// Before the catalog's rows are closed and opened: paths are those of the old state. What is expected under a name is
// what stands there now, even if somebody put it there.
void write_leaving_steps(sqlite::Database& catalog, const os::Directory& mirror);
// After: paths are those of the new state.
void write_arriving_steps(sqlite::Database& catalog, const Source& source,
                          const std::vector<NewSnapshot::Ancestor>& ancestors);

// contents: an SQL subquery of ids; for those in history/kept, which nobody will need.
void write_removals_of_kept(sqlite::Database& catalog, const std::string& contents);

inline constexpr int kPhases = 5;

}  // namespace kist::repository
