#pragma once
// What the passes of one restore, or of its rehearsal, share.

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include "restore/chosen_tree.hpp"
#include "restore/metadata.hpp"
#include "restore/owner_map.hpp"
#include "restore/tally.hpp"
#include "restore/workplace.hpp"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace kist::restore {

// A directory of the snapshot that is, or is to be, in the target.
struct Folder {
    enum class State : std::uint8_t {
        absent,   // it could not be made, or something else stands there and stays
        made,     // by this restore
        merged,   // it was there already
        missing,  // in a rehearsal: it would be made
    };
    repository::NodeId node = 0;
    std::size_t parent = 0;  // its place in the list
    std::string name;
    ChosenTree::Part part = ChosenTree::Part::whole;
    State state = State::absent;
    bool is_private = false;
    ObjectId object;  // which it is, so that another one in its place is noticed
};

// In the order in which they were entered: each after the one that it is in, the restored root first. Threads: one.
class Folders {
  public:
    // nullopt: the catalog has it in two places.
    std::optional<std::size_t> add(Folder folder);
    Folder& operator[](std::size_t index) { return folders_[index]; }
    const Folder& operator[](std::size_t index) const { return folders_[index]; }
    std::size_t size() const { return folders_.size(); }
    std::string path(std::size_t index) const;  // below the target: empty, or with a slash at its end

  private:
    std::vector<Folder> folders_;
    std::unordered_set<repository::NodeId> known_;
};

// What the catalog knows of owners' names. It must outlive the function.
OwnerMap::NameOf name_lookup(repository::Catalog& catalog, const repository::Snapshot& snapshot);

// A path below the target as an absolute one in the source.
std::string shown_path(const RestoreOptions& options, const std::string& path);

// Counts what concerns one entry only; throws again what concerns the whole restore.
void count_failure(Tally& tally, const Error& error, const std::string& path);

}  // namespace kist::restore
