#pragma once
// What `kist status` found out about one volume, and how it says so.

#include "kist/repository/coverage.hpp"
#include "kist/repository/drill.hpp"
#include "kist/repository/repository.hpp"

#include "cli/command.hpp"
#include "cli/expected_sources.hpp"
#include "cli/session.hpp"
#include "cli/source_health.hpp"
#include "cli/volume_report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

struct StatusReport {
    Place place;
    std::optional<Space> space;  // these two: of one that is open
    std::vector<SourceHealth> sources;
    std::vector<ExpectedSource> missing;           // configured for this volume, and never backed up to it
    bool pending_steps = false;                    // another Kist is just applying a run
    repository::Coverage checks;                   // what they have read and found
    std::optional<repository::DrillRecord> drill;  // the last one
    std::uint64_t lost = 0;                        // contents that snapshots hold, and nothing is left of
    std::vector<std::string> warnings;             // printable
    std::vector<std::string> notes;  // printable; they change no exit code: the backups are as they should be

    bool is_open() const { return place.open && place.open->state == volume::VolumeState::open; }
    bool closed() const { return !place.open && place.directory.empty(); }
    bool damaged() const { return lost > 0 || checks.damaged > 0; }
    ExitCode code() const {
        if (damaged()) return ExitCode::damaged;
        return warnings.empty() ? ExitCode::done : ExitCode::incomplete;
    }
};

// Looks, without asking for a key: a closed volume is only said to be closed. A configuration that cannot be used is a
// warning. Errors: damaged, failed, not_found.
StatusReport look(const Place& place, const GlobalOptions& options, Timestamp now);

void print(Context& context, const StatusReport& report);

}  // namespace kist::cli
