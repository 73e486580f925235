#pragma once
// A disk's volume opened by an ordinary user: udisks2 unlocks and mounts it, if polkit lets it, where it likes. It is
// then a mounted folder for every other command. What is on it belongs to whom it belonged before.

#include "kist/base/secret.hpp"
#include "kist/os/access.hpp"
#include "kist/volume/open_volume.hpp"

#include <optional>
#include <string>

namespace kist::volume {

// The caller is not root, and this is a block device.
bool is_user_disk(const std::string& path);

// device: of a LUKS volume (else a usage Error). nullopt: it is not open. No udisks2 here: a failed Error that says so.
std::optional<OpenVolume> find_user_disk(const std::string& device);
// The volume that is mounted at this folder; nullopt: none, or none that udisks knows.
std::optional<OpenVolume> find_user_disk_at(const std::string& mount_point);

// Open already is a busy Error; a wrong key is no_key, and nothing has changed.
OpenVolume open_user_disk(const std::string& device, os::Access access, const Secret& key);
// Unmounts and locks. In use: a busy Error that names the caller's processes, and it stays open.
void close_user_disk(const OpenVolume& volume);

}  // namespace kist::volume
