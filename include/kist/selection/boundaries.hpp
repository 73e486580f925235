#pragma once
// What of a source is left out whatever rules say of its name.

#include "kist/base/byte_count.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/os/directory.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::selection {

struct Boundaries {
    bool one_filesystem = false;        // of folders on which others are mounted only the folders themselves
    bool no_pseudo_filesystems = true;  // the same for those that the kernel makes up: /proc, /sys
    bool no_caches = false;             // of a folder with a CACHEDIR.TAG (https://bford.info/cachedir/) only that
    std::vector<std::string> tags;      // of a folder that holds something of such a name only that
    bool no_nodump = false;             // neither what chattr +d marks, nor what is below it
    std::optional<ByteCount> smallest;  // of regular files
    std::optional<ByteCount> largest;
    std::optional<Timestamp> newer_than;  // regular files whose content changed later than that
    std::optional<Timestamp> older_than;

    bool exclude(const os::FileStatus& status) const;  // what has this status, whatever stands in it
};

// Takes from a folder's names, sorted, what lies behind a boundary. is_mount_point: another filesystem begins there.
// Returns how many names went.
std::size_t leave_out(const Boundaries& boundaries, const os::Directory& folder, bool is_mount_point,
                      std::vector<os::DirectoryEntry>& names);

// In a folder's sorted names.
bool holds(const std::vector<os::DirectoryEntry>& names, std::string_view name);

}  // namespace kist::selection
