#pragma once
// What `kist rescue` says at its end: what came back, what did not, and what to do next.

#include "cli/command.hpp"
#include "cli/rescue_plan.hpp"

#include <string>
#include <vector>

namespace kist::cli {

struct RescueOutcome {
    std::vector<PlannedRestore> plan;
    std::vector<std::string> troubles;  // with what is done after the restores; printable
    std::vector<std::string> owners;    // whose things became whose; printable
    std::vector<std::string> next;      // what to do now; printable

    // Nothing that the chosen snapshots hold is missing, and all else was done that was asked for.
    bool complete() const;
    ExitCode code() const;  // done, incomplete, or failed where a source failed altogether
};

void print(Context& context, const RescueOutcome& outcome);

}  // namespace kist::cli
