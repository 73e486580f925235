#pragma once
// What differs between a folder (or file) in one snapshot and in another one, or in the source as it is now.

#include "kist/look/entry_difference.hpp"
#include "kist/repository/repository.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/selection/selection.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::look {

enum class Change : std::uint8_t { added, removed, changed, renamed };

struct Difference {
    Change change = Change::changed;
    // Absolute paths. Of what is below a folder that was renamed they differ though it was not renamed itself.
    std::string path_before;  // empty where it is added
    std::string path_after;   // empty where it is removed
    // Of a live file: without id, content and the owners' names.
    std::optional<repository::Entry> before;
    std::optional<repository::Entry> after;
    EntryDifference what;  // of `changed` at least one thing; of `renamed` maybe none

    const std::string& path() const { return path_after.empty() ? path_before : path_after; }
};

struct Trouble {
    std::string path;
    std::string reason;
};

struct TreeDifference {
    std::vector<Difference> differences;  // by path
    std::vector<Trouble> troubles;        // what of the source could not be compared
};

struct TreeChoice {
    repository::Source source;
    repository::Snapshot snapshot;
    std::string path;  // absolute, within the source
};

// The source as it is now. What a backup with these rules would leave out is no difference.
struct LiveChoice {
    repository::Source source;
    std::string path;
    selection::Selection selection{};
    selection::Boundaries boundaries{};
};

// Names are compared with names, of the same path below the two. What was renamed is recognised within one source, and
// said only where it is certain; what is below a renamed folder is then compared with what was below it. Something that
// became another kind of file is removed and added. Folders of which nothing changed are not gone through. Memory: what
// differs. interrupted: as everywhere. Errors: not_found where one of the two is not there, damaged.
TreeDifference compare(repository::Catalog& catalog, const TreeChoice& before, const TreeChoice& after,
                       const std::atomic<bool>& interrupted);
// Files are read where their times or inodes tell that they may have changed.
TreeDifference compare(const repository::Repository& repository, repository::Catalog& catalog, const TreeChoice& before,
                       const LiveChoice& after, const std::atomic<bool>& interrupted);

}  // namespace kist::look
