#pragma once
// What `kist mount` shows, as far as the mount table tells.

#include "kist/base/error.hpp"

#include <string>
#include <vector>

namespace kist::cli {

// Where the snapshots of the repository at this path are mounted.
std::vector<std::string> snapshot_mounts(const std::string& repository);

// Why a volume is busy, with the mounts of its snapshots where they are what keeps it so.
Error busy_with_snapshots(const Error& busy, const std::string& mount_point);

}  // namespace kist::cli
