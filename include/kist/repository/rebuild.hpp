#pragma once
// Makes the catalog anew from the run records in the packs, when it is lost or damaged. The old one, if there is any,
// is moved to .kist/found, and so is a copy of what lies in packs behind the last whole run record.

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
    // Names in latest/ that are not as the newest snapshots have them, missing or besides: if nobody has changed them,
    // records of later runs are missing. Not looked for where `was_applying`.
    std::uint64_t differing = 0;
    std::vector<std::string> differing_paths;  // in latest/, the first hundred
};

// The repository comes from Repository::open_without_catalog(). Errors: busy; damaged where a run record is damaged or
// has no end, where none is left, or what they say does not fit together: then nothing has changed. Otherwise the
// catalog is what it was, but for caches, as far as the packs go.
RebuildResult rebuild_catalog(const Repository& repository);

}  // namespace kist::repository
