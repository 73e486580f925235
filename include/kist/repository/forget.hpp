#pragma once
// Forgetting snapshots: the rows that only they hold go, then the contents that no row names any more, then the space.
// No other snapshot changes. Two commits at most: one for what is newest in its source (undo.hpp), one for the rest.
//
// Crash-safe: before the commit nothing that a snapshot needs is touched; what is left to be done after it, the next
// command on the repository does.

#include "kist/base/byte_count.hpp"
#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <cstdint>
#include <vector>

namespace kist::repository {

enum class Rehearsal { no, yes };  // yes: nothing is changed, the result is what would be

struct ForgetResult {
    std::vector<Snapshot> snapshots;  // that are gone
    std::uint64_t entries = 0;        // rows that are gone
    std::uint64_t contents = 0;       // of history, that are gone
    ByteCount freed;                  // that they took in history
};

// Errors: not_found where a number names no snapshot; usage where one is the newest of its source; busy; no_space where
// not even the reserve is enough for the commit; any other before the commit leaves everything as it was.
ForgetResult forget(const Repository& repository, const std::vector<SnapshotNumber>& numbers, Rehearsal rehearsal);

}  // namespace kist::repository
