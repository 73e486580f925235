#pragma once
// Subvolumes of btrfs: trees of files of which the kernel makes snapshots at once (btrfs(5), <linux/btrfs.h>).

#include "kist/os/directory.hpp"

#include <string>

namespace kist::os {

// A folder of this number of inode, in a snapshot, stands where another subvolume begins; it is empty.
inline constexpr std::uint64_t kEmptySubvolume = 2;

bool is_subvolume_root(const Directory& directory);
bool is_read_only_subvolume(const Directory& root);

// `name` in `parent`, of the same filesystem, becomes what `subvolume` is now, and stays so. Errors: what the kernel
// refuses.
void create_read_only_snapshot(const Directory& subvolume, const Directory& parent, const std::string& name);

// With all that is in it, also while it is in use.
void remove_subvolume(const Directory& parent, const std::string& name);

// For as long as the returned descriptor is open no other one gets the lock. false: somebody holds it. On folders only
// (flock(2): libcryptsetup uses that on container files).
enum class FolderLock { shared, exclusive };
bool try_lock_folder(const Directory& folder, FolderLock mode);

}  // namespace kist::os
