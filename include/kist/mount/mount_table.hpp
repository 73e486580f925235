#pragma once
// Mounting, unmounting and what is mounted where, in this process's mount namespace (proc(5), /proc/PID/mountinfo).

#include "kist/os/access.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mount {

struct MountEntry {
    std::uint64_t device = 0;  // as makedev()
    std::string root;          // the folder within the filesystem: "/" except for bind mounts
    std::string mount_point;   // absolute, raw bytes
    std::string type;
    std::string source;
};

// In the order of mounting: of two at one mount point the later one is what can be seen.
std::vector<MountEntry> mount_table();
std::vector<MountEntry> parse_mount_table(std::string_view mountinfo);
// What can be seen at this absolute, canonical path, where it is a mount point.
std::optional<MountEntry> find_mount(const std::string& mount_point);

// It shows a filesystem on the block device of this number. By the source's name where the filesystem has a number of
// its own, as btrfs has.
bool is_on_device(const MountEntry& entry, std::uint64_t number);

// Mounts a block device nosuid, nodev, noexec, noatime; an ext filesystem goes read-only on errors. Read-only, a
// journal that a crash left is replayed where the device can be written, and passed over where it cannot: what was
// written last may be missing then.
void mount_device(const std::string& device, const std::string& mount_point, const std::string& type,
                  os::Access access);

// What can be seen at the mount point. Nothing mounted there is success. In use: a busy Error that names the processes.
void unmount(const std::string& mount_point);
// Also while it is in use: the name goes now, the filesystem with its last user. For mounts whose server has died.
void detach_mount(const std::string& mount_point);

}  // namespace kist::mount
