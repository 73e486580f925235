#pragma once
// What the boot commands share.

#include "kist/volume/boot_entry.hpp"

#include <string>

namespace kist::cli {

inline constexpr const char* kBootRootHelp = "Edit the tables of the system mounted at DIR instead of this one's";

// "": this machine's own.
volume::BootTables boot_tables(const std::string& root);

// Where a volume is mounted unless somebody says otherwise: as its lines have it now, or /mnt/LABEL. Errors: usage for
// a label that cannot be a folder's name.
std::string usual_mount_point(const volume::BootTables& tables, const Uuid& luks, const std::string& label);

// Absolute, and without symlinks, over which systemd mounts nothing; in another system, below `root`, as it is given.
// Errors: usage for what is no folder.
std::string canonical_mount_point(const std::string& given, const std::string& root);

}  // namespace kist::cli
