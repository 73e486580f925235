#pragma once
// Why a path is backed up or not.

#include "kist/backup/listed_names.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/selection/selection.hpp"

#include <string>

namespace kist::backup {

struct Explanation {
    bool is_included = true;
    std::string decided_at;  // the path itself, or the folder above it that decides; empty: nothing is about it
    // Of these at most one: a rule, as text, and where it stands; an option that is no rule, and what it is about.
    std::string rule, origin;
    std::string option, reason;
};

// Follows `path` from `source` down, which it lies in; both are absolute. What is not there counts as a file without a
// size and a time. The source itself is always included. listed: nullptr: everything is. Errors: what keeps a folder on
// the way from being opened.
Explanation explain(const selection::Selection& selection, const selection::Boundaries& boundaries,
                    const ListedName* listed, const std::string& source, const std::string& path);

}  // namespace kist::backup
