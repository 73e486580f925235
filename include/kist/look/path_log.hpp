#pragma once
// Every version of one file or folder, as far back as snapshots go, also under the names that it had before.

#include "kist/look/entry_difference.hpp"
#include "kist/repository/timeline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::look {

enum class Event : std::uint8_t { appeared, changed, gone };

struct Version {
    std::string path;            // absolute
    repository::Position first;  // the snapshot that it begins with
    repository::Position last;
    Event event = Event::appeared;
    std::optional<repository::Entry> entry;  // none where it is gone
    EntryDifference difference;              // from the version before, if there is one
    // Only where it is certain that it is the same file or folder (Timeline::same_thing) and no other name of it.
    std::optional<std::string> renamed_from;
    std::optional<std::string> renamed_to;  // where it is gone
};

// What stood under `path` up to a snapshot, newest first: versions that begin later are not there. Where it was renamed
// to `path`, its versions under the names before stand between them; what else stood under those names does not. Empty
// where nothing ever stood there. Errors: damaged.
std::vector<Version> log_of(repository::Timeline& timeline, std::string_view path, repository::Position until);

}  // namespace kist::look
