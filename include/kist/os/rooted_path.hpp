#pragma once
// Paths of another system whose root filesystem is mounted at a folder of this one.

#include <string>

namespace kist::os {

// Where `path`, absolute there, is here: without symlinks as far as it exists. Those that are in it lead to where they
// would in that system, never out of `root`; ".." at the top stays there. What does not exist yet is appended. root:
// absolute, of this system. Errors: failed for a link that leads nowhere there, since something would be made in its
// place; what the kernel refuses. Linux 5.6.
std::string path_below_root(const std::string& root, const std::string& path);

}  // namespace kist::os
