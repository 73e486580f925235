#pragma once
// What a rescue restores, source by source: the newest snapshot of each, to where it was or below another folder.

#include "kist/restore/restore.hpp"

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
};

// How files that stand in the way are treated, and where all goes: "" for where it was, else FOLDER/HOST/PATH.
struct RescueTarget {
    std::string folder;
    restore::Overwrite overwrite = restore::Overwrite::always;
};

// Errors: usage where sources of several machines would go to where they were.
std::vector<PlannedRestore> plan_rescue(repository::Catalog& catalog, const std::vector<SourceHealth>& sources,
                                        const RescueTarget& target, const RescueOwners& owners);

}  // namespace kist::cli
