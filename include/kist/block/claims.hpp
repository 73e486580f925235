#pragma once
// Who holds a block device, as the kernel knows it. Mounts are kist/mount's.

#include "kist/os/fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::block {

// A device that stands on this one: device mapper (LVM, dm-crypt), md, bcache, or a loop device.
struct Upper {
    std::string path;  // /dev/dm-0
    std::string name;  // what people call it: "vg-root", "md0"
    std::uint64_t number = 0;
};
// Directly on it. Those on top of them are found by asking again.
std::vector<Upper> devices_on(std::uint64_t number);

// It is used as swap space.
bool is_swap(std::uint64_t number);

// The mounted btrfs filesystems that this device is a member of, by UUID: the mount table names one member only.
std::vector<std::string> mounted_btrfs_on(std::uint64_t number);

// Open for writing, with nobody else's claim on it (O_EXCL): neither mounted, nor swap, nor part of something, here or
// in another namespace. On a whole disk this covers its partitions. Errors: busy; failed for a disk without a medium or
// one that is write-protected.
os::Fd claim(const std::string& path);

}  // namespace kist::block
