#pragma once
// The upper levels of the tree: which hosts, sources and snapshots there are, and how their folders are called. A plain
// value, of one state of the catalog.
//
//   host     as in latest/files
//   source   its name, or its path with '-' for each '/' (home-user); "root" for the source "/"
//   snapshot its time on this machine's clock, 2026-11-20T08-15-00
//
// Of what would be called the same the later one gets its number, or the next free one, behind a '-' or '_'.

#include "kist/repository/snapshot.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kist::browse {

// Folders by name.
template <typename Id>
using Names = std::map<std::string, Id, std::less<>>;

class TreeIndex {
  public:
    struct HostFolder {
        std::string name;
        Names<repository::SourceId> sources;
        Timestamp newest;  // when the newest snapshot below was finished
    };
    struct SourceFolder {
        std::string name;
        repository::SourceId host = 0;
        Names<repository::SnapshotNumber> snapshots;
        std::string latest;  // the newest one's name
        Timestamp newest;
    };

    TreeIndex() = default;
    // Sources without a snapshot have no folder.
    TreeIndex(const std::vector<repository::Source>& sources, const std::vector<repository::Snapshot>& snapshots);

    // A host's id is that of its oldest source.
    const Names<repository::SourceId>& hosts() const { return host_names_; }
    Timestamp newest() const { return newest_; }
    // nullptr: there is none.
    const HostFolder* host(repository::SourceId id) const;
    const SourceFolder* source(repository::SourceId id) const;
    const repository::Snapshot* snapshot(repository::SnapshotNumber number) const;

  private:
    void add_source(const repository::Source& source, const std::vector<const repository::Snapshot*>& snapshots);

    Names<repository::SourceId> host_names_;
    std::unordered_map<repository::SourceId, HostFolder> hosts_;
    std::unordered_map<repository::SourceId, SourceFolder> sources_;
    std::unordered_map<repository::SnapshotNumber, repository::Snapshot> snapshots_;
    Timestamp newest_{};
};

}  // namespace kist::browse
