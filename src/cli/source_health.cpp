#include "cli/source_health.hpp"

#include "kist/os/directory.hpp"

#include "cli/duration.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace kist::cli {

std::vector<SourceHealth> source_health(const std::vector<repository::Source>& sources,
                                        const std::vector<repository::Snapshot>& snapshots) {
    std::vector<SourceHealth> result;
    for (const auto& source : sources) {
        SourceHealth health{source, {}, 0};
        for (const auto& snapshot : snapshots) {
            if (snapshot.source != source.id) continue;
            ++health.snapshots;
            if (snapshot.number > health.last.number) health.last = snapshot;
        }
        if (health.snapshots > 0) result.push_back(std::move(health));
    }
    std::ranges::sort(result, {}, [](const auto& health) { return std::tie(health.source.host, health.source.path); });
    return result;
}

std::string complaint(const SourceHealth& health, Timestamp now) {
    const auto path = os::printable(health.source.path);
    if (health.overdue(now))
        return fmt::format("{}: the last backup is {} old", path, age_text(now - health.last.finished));
    if (health.last.skipped > 0)
        return fmt::format("{}: the last backup skipped {} entries", path, health.last.skipped);
    return "";
}

}  // namespace kist::cli
