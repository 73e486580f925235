#pragma once
// ext4 without root: fuse2fs (e2fsprogs) serves the filesystem in a file by FUSE, for the user who mounts it. It writes
// without a journal, and keeps no nanoseconds of times, no ACLs, device nodes, or attributes beyond user.*.

#include "kist/os/access.hpp"

#include <string>

namespace kist::mount {

// Repairs the filesystem where it was not unmounted: there is no journal that would do it. What e2fsck does not dare by
// itself is repaired all the same, as nobody else gets to see the file. Throws a damaged Error where that fails.
void repair_without_journal(const std::string& file);

// Returns when it is mounted. The process goes on until unmount(). Not installed: a failed Error that says so.
void mount_by_fuse2fs(const std::string& file, const std::string& mount_point, os::Access access);

}  // namespace kist::mount
