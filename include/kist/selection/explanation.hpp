#pragma once
// Why a path is backed up or not.

#include "kist/selection/selection.hpp"

#include <string>

namespace kist::selection {

struct Explanation {
    bool is_included = true;
    std::string decided_at;  // the path itself, or the folder above it that is left out; empty: no rule is about it
    std::string rule;        // as text; empty likewise
    std::string origin;
};

// Follows `path` from `source` down, which it lies in; both are absolute. What is not there counts as a file. The
// source itself is always included. Errors: what keeps a folder on the way from being opened.
Explanation explain(const Selection& selection, const std::string& source, const std::string& path);

}  // namespace kist::selection
