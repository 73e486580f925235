#pragma once
// What a rescue restores, source by source: the newest snapshot of each, to where it was or below another folder.

#include "kist/restore/restore.hpp"

#include "cli/moves.hpp"
#include "cli/rescue_owners.hpp"
#include "cli/restore_report.hpp"
#include "cli/source_health.hpp"

#include <string>
#include <vector>

namespace kist::cli {

struct PlannedRestore {
    SourceHealth source;
    restore::RestoreOptions options;
    RestoreResult result;   // names it; its summary once it was done
    std::string trouble{};  // printable: why nothing of it could be restored
    bool is_done = false;
    bool is_part = false;  // of the source before it: what of that goes elsewhere
};

struct RescueTarget {
    std::string folder;       // "": to where everything was, else to FOLDER/HOST/PATH
    std::string root;         // "": of this system, else of the one that is mounted there
    std::vector<Move> moves;  // only where everything goes to where it was
    restore::Overwrite overwrite = restore::Overwrite::always;  // of files that stand in the way
};

// Errors: usage where sources of several machines would go to where they were, or a single file would get another name;
// those of os::path_below_root().
std::vector<PlannedRestore> plan_rescue(repository::Catalog& catalog, const std::vector<SourceHealth>& sources,
                                        const RescueTarget& target, const RescueOwners& owners);

}  // namespace kist::cli
