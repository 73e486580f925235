#pragma once
#include <string>

namespace kist::block {

// What the disk's table calls the partition of this number; "": nothing, or it cannot be read. From the disk itself,
// because the kernel knows the names only of partitions that it has found by itself.
std::string partition_name(const std::string& disk, int partition);

}  // namespace kist::block
