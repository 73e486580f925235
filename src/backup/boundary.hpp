#pragma once
// What of a folder is left out whatever it is called.

#include "kist/backup/backup.hpp"
#include "kist/os/directory.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace kist::backup {

// found: the folder's names, sorted. is_mount_point: another filesystem begins here. Returns how many were taken out.
std::size_t apply_boundaries(const Boundaries& boundaries, const os::Directory& directory, bool is_mount_point,
                             std::vector<os::DirectoryEntry>& found);

bool holds(const std::vector<os::DirectoryEntry>& sorted, std::string_view name);

}  // namespace kist::backup
