#pragma once
// Where new folders are built before they get their names in latest/: below staging/in, the topmost as the number of
// its change, those in it under their own names.

#include "kist/repository/entry.hpp"
#include "kist/sqlite/database.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace kist::repository {

// Looks into plan.directory and plan.change, which must not change meanwhile; remembers a bounded number of folders.
// One thread at a time.
class StagedPaths {
  public:
    explicit StagedPaths(sqlite::Database& plan);

    // Below staging/in; nullopt for a directory that stands in latest/.
    const std::optional<std::string>& directory(NodeId node);
    // Of an object of its own, or in a folder that is new as a whole.
    std::string object(std::int64_t change, NodeId directory, const std::string& name);

  private:
    sqlite::Statement select_directory_;
    sqlite::Statement select_change_;
    std::unordered_map<NodeId, std::optional<std::string>> known_;
};

}  // namespace kist::repository
