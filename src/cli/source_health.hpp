#pragma once
// How fresh and complete the backups in a repository are: what status tells.

#include "kist/base/timestamp.hpp"
#include "kist/repository/catalog.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace kist::cli {

constexpr std::chrono::days kOverdueAfter{7};

struct SourceHealth {
    repository::Source source;
    repository::Snapshot last;
    std::size_t snapshots = 0;

    bool overdue(Timestamp now) const { return now - last.finished > kOverdueAfter; }
    bool good(Timestamp now) const { return !overdue(now) && last.skipped == 0; }
};

// Of every source that has a snapshot, by host and path.
std::vector<SourceHealth> source_health(const std::vector<repository::Source>& sources,
                                        const std::vector<repository::Snapshot>& snapshots);

// What to say about one that is not good(); empty for a good one. Printable.
std::string complaint(const SourceHealth& health, Timestamp now);

}  // namespace kist::cli
