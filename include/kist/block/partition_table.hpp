#pragma once
// Partition tables, by libfdisk, and the kernel's view of them.

#include "kist/base/byte_count.hpp"
#include "kist/block/disk.hpp"
#include "kist/os/fd.hpp"

#include <string>
#include <string_view>

namespace kist::block {

// What a GPT says of a partition that holds a LUKS volume (the Discoverable Partitions Specification has none: this is
// the type that systemd-repart and sfdisk know).
constexpr std::string_view kLuksPartitionType = "CA7D7CCB-63ED-4C53-861C-1742536059CC";

// Replaces what the disk holds by a GPT with one partition over all of it, aligned to 1 MiB, and returns that
// partition once its device is there. claim: the disk, from claim(); it is released before the partition's device is
// waited for. Signatures that the new partition has inherited are wiped. Throws where anything on it is in use.
Device make_single_partition(os::Fd claim, const std::string& disk, const std::string& name);

// Lets the disk's last partition reach to its end, also while it is in use, and returns it as it is then. One that does
// so already is success. Another than the last one, or no partition: usage.
Device grow_to_end(const std::string& partition);

// Waits until udev has looked at what changed, where it runs, and until every device of the disk has its node in /dev.
void settle(const std::string& disk);

}  // namespace kist::block
