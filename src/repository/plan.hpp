#pragma once
// The plan of one run, kept in staging/plan.sqlite so that memory stays bounded: changes as the scan found them, then
// what staging made of them. It shares a connection with the catalog: comparisons between the two are joins. One thread
// at a time.

#include "kist/repository/run.hpp"
#include "kist/sqlite/database.hpp"

#include "repository/chain_length.hpp"
#include "repository/mirror_path.hpp"
#include "repository/staged_paths.hpp"

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace kist::repository {

// The catalog with a new plan attached as `plan`, in a transaction that makes its tables. path: of an empty file.
sqlite::Database attach_plan(sqlite::Database catalog, const std::string& path);

// How far the two versions of a changed file are known to agree; nullopt where staging did not find out.
std::optional<delta::Script> find_reverse(sqlite::Database& plan, std::int64_t change);

class Plan {
  public:
    // catalog: opened for writing; path: of an empty file. first_change: the number of the first one; the others
    // follow.
    Plan(sqlite::Database catalog, const std::string& path, const Source& source, std::int64_t first_change);

    sqlite::Database& database() { return database_; }

    void add(const ScannedDirectory& directory, const std::vector<Change>& changes);
    void skip(const std::string& path, const std::string& reason);

    // After the scan: what stood below removed directories, where renamed files come from, and who stages hard links.
    // moved(node): whether a directory was found again under another name.
    RunTotals settle(bool has_previous, const std::function<bool(NodeId)>& moved,
                     const std::function<NodeId()>& new_node);

    std::vector<StagedChange> take_batch(Pass pass);
    void finish(const std::vector<StagedChange>& batch);
    // After staging: hard links take over what was found out about the file they are links of.
    void conclude_links();
    // Ends the plan's own transaction; what follows belongs to the commit.
    void close_transaction();

  private:
    void remove_below(NodeId directory, const std::function<bool(NodeId)>& moved);
    void remove_moved_directories();
    void find_origins();
    void choose_leaders(const std::function<NodeId()>& new_node);
    const std::string& source_directory(NodeId node);
    StagedChange read_change(const sqlite::Statement& row);
    void fill_in_known(StagedChange& staged);
    bool may_stage_difference(const StagedChange& staged);

    sqlite::Database database_;
    Source source_;
    std::optional<std::int64_t> first_change_;  // until there is one
    LivePaths live_paths_;
    StagedPaths staged_paths_;
    ChainLength chain_length_;
    sqlite::Statement insert_directory_;
    sqlite::Statement insert_change_;
    sqlite::Statement insert_skipped_;
    sqlite::Statement next_files_;
    sqlite::Statement next_directories_;
    sqlite::Statement select_directory_;
    sqlite::Statement select_known_;
    sqlite::Statement select_hash_;
    sqlite::Statement update_change_;
    sqlite::Statement insert_reverse_;
    std::int64_t last_taken_[3] = {0, 0, 0};  // by Pass: the greatest change id handed out
    std::unordered_map<NodeId, std::string> source_directories_;
};

}  // namespace kist::repository
