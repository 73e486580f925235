#pragma once
// How people name snapshots: SNAPSHOT[:PATH], where SNAPSHOT is a number, `latest`, `latest~2`, a date
// (`2026-11-20`, `2026-11-20 14:30`, `yesterday`, `"3 days ago"`, RFC 3339): the newest snapshot not after it; or the
// name of a source, also with `~2`: the latest of that source.
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

// Which of the snapshots is meant. With a path, `latest` and dates count within the source that holds it: the one on
// `host`, or where no source on that host holds the path, the only one on other hosts (a new machine has a new name).
// Without a path, they count within the one source that source_name and host (both may be empty: any) leave. A number
// names its snapshot whatever the rest says.
struct SnapshotQuery {
    std::string name;
    std::optional<std::string> path;
    std::string source_name;  // name or path of a source
    std::string host;         // with a path: preferred, this machine's name unless the user gave one
    std::string this_host{};  // preferred where a source's name is the snapshot's and no host was given
};
// Errors: usage for what cannot be understood and for what is ambiguous (with the choices), not_found for what is not
// there.
Snapshot resolve_snapshot(const SnapshotQuery& query, const std::vector<Source>& sources,
                          const std::vector<Snapshot>& snapshots, Timestamp now);

// A date or time alone, for --time too. nullopt: not one. Understood, in the caller's time zone:
//   2026-11-20 (the end of that day)    today, yesterday, now
//   2026-11-20 14:30[:05[.123]]         also with T, and with Z or +01:00 at the end (RFC 3339)
//   3 hours ago, an instant; seconds and minutes too
//   3 days ago, the end of that day; weeks, months and years too (months end at their last day: 31 May is 30 April)
// As a snapshot's name a time includes all of what it does not say: 14:30 is until 14:30:59.999999999. A time that
// occurs twice when clocks are put back is the later one as a name, the earlier one here.
std::optional<Timestamp> parse_time(std::string_view text, Timestamp now);

}  // namespace kist::repository
