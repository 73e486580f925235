#pragma once
// Where entries stand in latest/: files/HOST and the absolute path in the source, or mail and a mailbox's path. Paths
// here are relative to latest/ and never begin or end with a slash. Format: doc/format.md, "Mirror".

#include "kist/repository/entry.hpp"
#include "kist/repository/host_folder.hpp"
#include "kist/repository/snapshot.hpp"
#include "kist/sqlite/database.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kist::repository {

// files/HOST/abs/path of a source's root; files/HOST for the source "/"; mail/ACCOUNT for a mailbox.
std::string mirror_root(const Source& source);

// Paths of what stands now (rows without a last snapshot), by climbing from row to row; `catalog` must outlive the
// object. Known directories are kept in a bounded cache: call forget() when the rows may have changed. Errors: damaged
// for a missing parent, a cycle, or a name that cannot be one. One thread at a time.
class LivePaths {
  public:
    explicit LivePaths(sqlite::Database& catalog);

    std::string directory_path(NodeId node);  // of a live directory
    // Of the name `name` under `directory`; for a source's root, directory is minus its id and name its path.
    std::string path(NodeId directory, std::string_view name);
    void forget();

  private:
    struct Step {
        NodeId node;
        NodeId directory;
        std::string name;
    };
    Step step_above(NodeId node);
    std::string root_path(NodeId directory, std::string_view name);
    void remember(NodeId node, const std::string& path);

    sqlite::Statement find_directory_;
    sqlite::Statement find_source_;
    std::unordered_map<NodeId, std::string> known_;
    std::size_t known_bytes_ = 0;
};

}  // namespace kist::repository
