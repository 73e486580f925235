#pragma once
// Tells the kernel of a partition table that has been written.

#include "kist/base/byte_count.hpp"

#include <string>

namespace kist::block {

// fd: the disk, claimed, with one partition in its table at most. Where the kernel does not read tables by itself
// (loop devices), it is told what the table says.
void reread_partitions(int fd, const std::string& disk);

// Of one partition, which may be in use.
void tell_kernel_of_size(int fd, const std::string& disk, int partition, ByteCount start, ByteCount size);

}  // namespace kist::block
