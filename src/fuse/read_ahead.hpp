#pragma once
// How far the kernel reads ahead in the files of a FUSE filesystem. It begins with 128 KiB whatever the filesystem
// says, and only the system's administrator may change it: without that right, or without /sys, everything is slower
// and nothing else.

#include <cstddef>
#include <string>

namespace kist::fuse {

// folder: where the filesystem has been mounted. Asks it nothing, so it need not be served yet.
void set_read_ahead(const std::string& folder, std::size_t bytes);

}  // namespace kist::fuse
