#pragma once
// What of a source is left out whatever it is called.

#include "kist/base/byte_count.hpp"
#include "kist/base/timestamp.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::backup {

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
};

}  // namespace kist::backup
