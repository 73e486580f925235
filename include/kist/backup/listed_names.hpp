#pragma once
// A list of names below a source, as a tree to walk down with. What is listed is backed up with all that is below it;
// of the folders on the way to it only they themselves are.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kist::backup {

struct ListedName {
    bool is_listed = false;  // itself, not only what is below
    std::map<std::string, std::unique_ptr<ListedName>, std::less<>> below;
};

// The source's root. Slashes at either end, doubled ones and `.` mean nothing; no name has a `..` in it.
ListedName tree_of(const std::vector<std::string>& names);

}  // namespace kist::backup
