#pragma once
// Making and checking ext4, by the programs of e2fsprogs.

#include "kist/base/byte_count.hpp"
#include "kist/base/uuid.hpp"

#include <string>

namespace kist::mount {

// What ext4 can store as a label.
constexpr std::size_t kLongestLabel = 16;

struct Ext4Options {
    Uuid uuid;
    std::string label;  // at most kLongestLabel bytes
    ByteCount size;     // of the device: small ones get more inodes for their size
};

// For a disk of backups: nothing reserved for root, 4096-byte blocks and 256-byte inodes (times in nanoseconds) also on
// small devices, nothing discarded. What was on the device is lost.
void make_ext4(const std::string& device, const Ext4Options& options);

// Repairs what can be repaired without asking, where the kernel has marked the filesystem as faulty. Throws a damaged
// Error where more is needed. Takes no time on a sound filesystem, whose journal mount(2) replays.
void repair_ext4_if_marked(const std::string& device);

}  // namespace kist::mount
