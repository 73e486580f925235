#pragma once
// All rows of a catalog by their names, whatever their source and snapshots. Names are read from an index, so that rows
// whose names are not wanted cost little.

#include "kist/repository/catalog.hpp"

#include <functional>
#include <string_view>

namespace kist::repository {

// Calls visit() for each row whose name is_wanted(); a source's root has its path as its name. Rows of one name in one
// directory come one after the other. visit() may use the catalog, as long as it does not scan again. Damaged rows are
// left out, and the damaged Error is thrown after the others were visited.
void scan_names(Catalog& catalog, const std::function<bool(std::string_view name)>& is_wanted,
                const std::function<void(Entry&&)>& visit);

}  // namespace kist::repository
