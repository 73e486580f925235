#pragma once
// A filesystem that is mounted at no path: only who has the descriptor gets at it, and it ends with the last descriptor
// of anything in it, also when the process is killed.

#include "kist/os/directory.hpp"

#include <string>

namespace kist::mount {

// Read-only, nosuid, nodev, noexec, noatime, of a copy of a filesystem that may be mounted itself: an xfs with a UUID
// that is mounted already is accepted. The device must allow writing: a journal is replayed there, so that what was
// written last is whole. Needs root and Linux 5.2.
os::Directory mount_detached(const std::string& device, const std::string& type);

}  // namespace kist::mount
