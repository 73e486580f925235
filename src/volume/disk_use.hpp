#pragma once
// What keeps a disk from being overwritten, as sentences for people.

#include "kist/block/disk.hpp"

#include <string>
#include <vector>

namespace kist::volume {

// "/dev/sdb1 is mounted at /mnt". Everything that stands on the target, directly or above device mapper, RAID or loop
// devices: mounts, also bind mounts and members of a btrfs, swap, and volumes that Kist has open. For a whole disk its
// partitions count, for a partition the disk's own use. Empty: nothing known; block::claim() has the last word.
std::vector<std::string> uses_of(const block::Disk& disk, const block::Device& target);

}  // namespace kist::volume
