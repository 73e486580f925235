#pragma once
// Which entries of a snapshot a restore brings back: a Choice, worked out on the catalog before anything is written, so
// that only those directories are made in which there is something to restore. Threads: one.

#include "kist/repository/catalog.hpp"
#include "kist/restore/restore.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace kist::restore {

class ChosenTree {
  public:
    enum class Part : std::uint8_t {
        none,
        way,    // something further down is chosen
        whole,  // it is chosen itself
    };

    // How a path has come to where it is: which part of each pattern may come next.
    struct Listed;
    struct Position {
        std::vector<PathPattern::Progress> only;
        std::vector<PathPattern::Progress> exclude;
        bool is_inside_only = false;     // something above is matched
        const Listed* listed = nullptr;  // what is named below
        bool is_inside_listed = false;   // something above is named
        bool is_excluded = false;
    };

    // Goes through the catalog, unless everything is chosen. A directory that cannot be read is left for the restore to
    // find out. The options must outlive the object.
    ChosenTree(const RestoreOptions& options, repository::Catalog& catalog, const repository::Entry& root);
    ~ChosenTree();

    Part part_of(const repository::Entry& directory) const;
    bool holds(repository::NodeId directory, const repository::Entry& entry) const;
    repository::Totals totals() const { return totals_; }
    std::vector<std::string> missing() const;  // paths below PATH that were named, and are not there

    // For what stands in the target, whether the catalog knows it or not.
    Position position_of(repository::NodeId directory) const;
    Position follow(const Position& position, const std::string& name, bool is_directory) const;

  private:
    struct Folder {
        Position position;
        repository::NodeId parent = 0;
        Part part = Part::none;
    };

    void read_names();
    Position begin() const;
    static bool chosen(const Position& position);
    bool may_choose_below(const Position& position) const;
    void walk(repository::Catalog& catalog, repository::NodeId root);
    void visit(repository::NodeId directory, repository::Entry&& entry, std::vector<repository::NodeId>& below);
    void mark_way(repository::NodeId directory);

    const RestoreOptions& options_;
    const bool is_everything_;
    std::unique_ptr<Listed> names_;
    std::unordered_map<repository::NodeId, Folder> folders_;
    repository::Totals totals_;
};

}  // namespace kist::restore
