#pragma once
// Files that root may believe.

#include <string>

namespace kist::os {

// Follows `path` as the kernel would, links included, and requires that on the whole way nobody but root can exchange
// or change anything: each folder and link belongs to root, and each folder is writable by nobody else or, like /tmp,
// lets nobody rename what is root's (sticky). At its end stands a regular file of root's that nobody else can write to.
// Returns the path without links. Errors: usage, which says what is wrong and how to mend it; with an errno where there
// is no such file.
std::string require_guarded(const std::string& path);

}  // namespace kist::os
