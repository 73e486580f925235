#pragma once
// A tree of files that is compared with a snapshot's.

#include "kist/look/tree_difference.hpp"
#include "kist/repository/timeline.hpp"
#include "kist/selection/selection.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kist::look {

struct Item {
    std::string path;  // absolute
    repository::Entry entry;
    bool has_other_names = false;                    // hard links
    bool is_mount_point = false;                     // of a live folder
    std::shared_ptr<const selection::Folder> rules;  // of a live folder, or what would be one
};

struct Listing {
    std::vector<Item> items;  // in the order of their names' bytes
    bool is_whole = true;     // false: what is missing here may be there
};

class Tree {
  public:
    virtual ~Tree() = default;

    virtual Item root() = 0;
    virtual Listing list(const Item& folder) = 0;
    // A folder of the tree by its node, where the tree can tell.
    virtual std::optional<Item> find_folder(repository::NodeId node) = 0;
    // What stands in for a name of the snapshot that is missing in this folder (itself maybe a stand-in); nullopt: it
    // would be left out of the tree.
    virtual std::optional<Item> stand_in(const Item& folder, const Item& missing) = 0;
    // Nothing below these two differs, known without looking.
    virtual bool is_same_below(const Item& before, const Item& folder) = 0;
    // May add to the item's metadata what is costly to know. nullopt: it could not be compared.
    virtual std::optional<EntryDifference> difference(const Item& before, Item& item) = 0;
    // For what has no other names: the same inode and content.
    virtual bool is_certainly_the_same(const Item& before, const Item& item) = 0;
};

class SnapshotTree : public Tree {
  public:
    SnapshotTree(repository::Catalog& catalog, const TreeChoice& choice);
    // For the later of two: `before` must outlive it.
    SnapshotTree(repository::Catalog& catalog, const TreeChoice& choice, const SnapshotTree& before);

    const repository::Source& source() const { return choice_.source; }

    Item root() override;
    Listing list(const Item& folder) override;
    std::optional<Item> find_folder(repository::NodeId node) override;
    std::optional<Item> stand_in(const Item& folder, const Item& missing) override;
    bool is_same_below(const Item& before, const Item& folder) override;
    std::optional<EntryDifference> difference(const Item& before, Item& item) override;
    bool is_certainly_the_same(const Item& before, const Item& item) override;

  private:
    repository::Catalog& catalog_;
    TreeChoice choice_;
    repository::Timeline timeline_;
    repository::Position position_;
    // Where the other tree is one of the same source: the folders that do not have the same names in both.
    std::optional<repository::ChangedFolders> changed_folders_;
};

std::string path_below(const std::string& folder, const std::string& name);
bool is_directory(const Item& item);

}  // namespace kist::look
