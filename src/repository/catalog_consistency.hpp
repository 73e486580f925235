#pragma once
// Whether the catalog's rows agree with each other.

#include "kist/sqlite/database.hpp"

#include <string>
#include <vector>

namespace kist::repository {

// SQLite's own integrity_check, then the rules of doc/format.md, "Catalog": one line for each that is broken, with how
// often and an example. The caller holds a read transaction.
std::vector<std::string> find_inconsistencies(sqlite::Database& catalog);

}  // namespace kist::repository
