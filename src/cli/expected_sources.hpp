#pragma once
// What the configuration wants backed up to a volume, compared with what is there.

#include "kist/repository/snapshot.hpp"

#include "cli/session.hpp"

#include <string>
#include <vector>

namespace kist::cli {

struct ExpectedSource {
    std::string name;
    std::string path;  // as the configuration has it; of a mailbox as the volume has it
    bool is_mailbox = false;
};

// Those that `kist backup` would take to the volume at `place`. A name that leads to no volume now leads to another
// one. Errors: those of the configuration.
std::vector<ExpectedSource> sources_expected_at(const Place& place, const GlobalOptions& options);

// Those of them that `sources`, which are there, do not have of this host.
std::vector<ExpectedSource> never_backed_up(std::vector<ExpectedSource> expected,
                                            const std::vector<repository::Source>& sources, const std::string& host);

}  // namespace kist::cli
