#pragma once
// Taking paths out of history: what a pattern matches, with all that is below it, goes from every snapshot that holds
// it, and then the contents that no row names any more, and their space. All else restores as before. What the newest
// snapshot of a source holds is refused: it is in the source, and the next run would bring it back.
//
// Crash-safe like forgetting (forget.hpp). The commit writes a checkpoint, so that no older run record tells of the
// paths.

#include "kist/base/path_pattern.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/repository/forget.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::repository {

struct PurgeRequest {
    PathPattern pattern;            // of paths in the sources
    std::vector<SourceId> sources;  // only these are looked at
    Rehearsal rehearsal = Rehearsal::no;
};

struct PurgeResult : Removed {
    // What the pattern itself matches: the first 1000, and how many there are. A path that stood in several snapshots,
    // with others between that lack it, counts as often.
    std::vector<Occurrence> paths;
    std::uint64_t path_count = 0;
    std::uint64_t snapshots = 0;  // that held any of them
};

// Where the pattern matches nothing, nothing is done. Errors: usage where the newest snapshot of a source holds what
// matches; busy, no_space and damaged as of forget(). Any of these leaves everything as it was.
PurgeResult purge(const Repository& repository, const PurgeRequest& request);

}  // namespace kist::repository
