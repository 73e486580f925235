#pragma once
// Sources and snapshots from their rows.

#include "kist/repository/snapshot.hpp"
#include "kist/sqlite/database.hpp"

namespace kist::repository {

// In the order that read_source() and read_snapshot() expect, from column 0.
inline constexpr const char* kSourceColumns = "id, host, path, name";
inline constexpr const char* kSnapshotColumns = "number, source, time, finished, files, entries, bytes, skipped, tags";

Source read_source(const sqlite::Statement& row);      // damaged for a path that cannot be one
Snapshot read_snapshot(const sqlite::Statement& row);  // damaged for tags that cannot be some

// A snapshot's tags, as they are stored.
std::string join_tags(const std::vector<std::string>& tags);
std::vector<std::string> split_tags(std::string_view joined);  // damaged

}  // namespace kist::repository
