#pragma once
// Makes the catalog anew from the run records in the packs, when it is lost or damaged. The old one, if there is any,
// is moved to .kist/found.

#include "kist/repository/repository.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::repository {

struct RebuildResult {
    std::uint64_t snapshots = 0;
    std::uint64_t entries = 0;
    std::uint64_t contents = 0;
    // What stood in the packs' way and was passed over; one line each.
    std::vector<std::string> troubles;
    // The last run's record is left out: it was being committed when everything stopped, and nothing of it is in
    // latest/.
    bool left_out_last = false;
    // The last run was being applied: what was still in staging has been moved to .kist/found, and latest/ may lack it.
    bool was_applying = false;
};

// The repository comes from Repository::open_without_catalog(). Errors: busy; damaged where a run record is, or what
// the records say does not fit together: then nothing has changed. Otherwise the catalog is what it was, but for
// caches.
RebuildResult rebuild_catalog(const Repository& repository);

}  // namespace kist::repository
