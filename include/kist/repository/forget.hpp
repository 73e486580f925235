#pragma once
// Forgetting snapshots: the rows that only they hold go, then the contents that no row names any more, then the space.
// No other snapshot changes. Where the newest of a source go, latest/ goes back to the newest that is left: staged,
// committed and applied like a run.
//
// Crash-safe: before a commit nothing that a snapshot needs is touched; what is left to be done after it, the next
// command on the repository does. What is newest in its source and what is not go in commits of their own.

#include "kist/base/byte_count.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::repository {

enum class Rehearsal { no, yes };          // yes: nothing is changed, the result is what would be
enum class WholeSource { refuse, allow };  // to forget all snapshots of a source, so that nothing of it is left

struct ForgetRequest {
    std::vector<SnapshotNumber> snapshots;
    Rehearsal rehearsal = Rehearsal::no;
    WholeSource whole_source = WholeSource::refuse;
};

// What leaves the catalog and history.
struct Removed {
    std::uint64_t entries = 0;   // rows
    std::uint64_t contents = 0;  // of history
    ByteCount freed;             // that they took there
};

struct ForgetResult : Removed {
    std::vector<Snapshot> snapshots;  // that are gone
    // Contents that other snapshots need, whose plain file was damaged or gone when it was to go into history: its
    // path in latest/.
    std::vector<std::string> lost;
};

// Errors: not_found where a number names no snapshot; usage for a whole source; busy; no_space where not even the
// reserve is enough for the commit; damaged where latest/ cannot go back because no good copy of a file is left. Any of
// these leaves everything as it was, or as a commit before left it.
ForgetResult forget(const Repository& repository, const ForgetRequest& request);

// For a reader that has found damage: a not_found Error where the reason is that its snapshot has been forgotten since.
void expect_not_forgotten(const Repository& repository, SnapshotNumber snapshot);

}  // namespace kist::repository
