#pragma once
// Opening catalog.sqlite: the settings that every connection shares.

#include "kist/sqlite/database.hpp"

#include <string>

namespace kist::repository {

inline constexpr int kCatalogVersion = 4;
inline constexpr int kMailCatalogVersion = 5;  // the same, from the first mailbox on: earlier programs would misread it

// A source of a mailbox goes into the catalog.
void note_mailbox(sqlite::Database& catalog);

void create_catalog(const std::string& path);
// Errors: damaged for a file that is no catalog, failed for one of a newer Kist.
sqlite::Database open_catalog_for_writing(const std::string& path);
sqlite::Database open_catalog_for_reading(const std::string& path);

}  // namespace kist::repository
