#pragma once
// Finds and reads the files that the configuration consists of.

#include "kist/config/reading.hpp"

#include <string>
#include <vector>

namespace kist::config {

// Errors: what keeps it from being read, usage for one that is too large or that root does not trust.
File load(const std::string& path, Trust trust);

// The files that a pattern names, sorted: its last component may have *, ? and [class] in it, which do not match names
// that begin with a dot. folder: what a relative pattern is below. A pattern without such signs names its file whether
// it is there or not. Errors: whatever keeps the folder from being read, if it is there.
std::vector<std::string> expand(const std::string& pattern, const std::string& folder);

}  // namespace kist::config
