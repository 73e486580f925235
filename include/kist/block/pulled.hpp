#pragma once
// Whether a disk that is in use has been pulled out. It stays half there while something uses it: its mapping and its
// mount go on, and only fail. sysfs tells at once, without asking the device.

#include <cstdint>

namespace kist::block {

// device: as makedev(), of one that was there. True where it, or a disk that it stands on (a mapping's, a RAID's), has
// left the machine. A filesystem without a device of its own (major number 0: tmpfs, btrfs, network) never counts.
bool is_pulled(std::uint64_t device);

}  // namespace kist::block
