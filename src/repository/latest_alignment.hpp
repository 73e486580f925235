#pragma once
// latest/ and history beside a catalog that was made anew.

#include "kist/repository/repository.hpp"

#include <string>
#include <vector>

namespace kist::repository {

// Of a run that was being applied when the steps were lost with the catalog: large old files that were still to be kept
// are looked for by their hashes and moved to history/kept, names that no newest snapshot has are moved to found/.
// Memory: the paths of all names in latest/.
void bring_latest_in_line(const Repository& repository);

// Steps that give every name in latest/ the metadata that the catalog has, carried out when the repository is opened.
void write_all_metadata_steps(const Repository& repository);

// Names of the newest snapshots that are missing in latest/ or are something else there by type, size or time, and
// names that stand there besides. The first hundred are given by their paths. Memory: as above.
struct Differing {
    std::uint64_t count = 0;
    std::vector<std::string> paths;
};
Differing names_that_differ(const Repository& repository);

}  // namespace kist::repository
