#pragma once
// How people name snapshots: SNAPSHOT[:PATH], where SNAPSHOT is a number, `latest`, `latest~2`, or a date
// (`2026-11-20`, `2026-11-20 14:30`, `yesterday`, `"3 days ago"`, RFC 3339): the newest snapshot not after it.
// Dates are in the caller's time zone; a date without a time means the end of that day.

#include "kist/base/timestamp.hpp"
#include "kist/repository/snapshot.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

struct SnapshotPath {
    std::string snapshot;             // as typed
    std::optional<std::string> path;  // absolute, without a trailing slash (but "/" itself)
};

// SNAPSHOT ends at the first ":/". A path that is not absolute is a usage Error that shows the absolute form.
SnapshotPath parse_snapshot_path(std::string_view text);

// Which of the snapshots is meant. With a path, `latest` and dates count within the source on `host` that holds it;
// without one, within those that source_name and host (both may be empty: any) leave. host is a filter for both.
struct SnapshotQuery {
    std::string name;
    std::optional<std::string> path;
    std::string source_name;  // name or path of a source
    std::string host;         // preferred: this machine's name where `path` is given
};
// Errors: usage for what cannot be understood and for what is ambiguous (with the choices), not_found for what is not
// there.
Snapshot resolve_snapshot(const SnapshotQuery& query, const std::vector<Source>& sources,
                          const std::vector<Snapshot>& snapshots, Timestamp now);

// A date alone, for --time too. nullopt: not a date.
std::optional<Timestamp> parse_time(std::string_view text, Timestamp now);

}  // namespace kist::repository
