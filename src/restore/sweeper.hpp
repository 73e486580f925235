#pragma once
// Deletes from restored directories what the snapshot does not hold, but nothing that was excluded, no mount point, no
// more than was allowed, and nothing at all where what the snapshot holds is not known for sure. One thread.

#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"
#include "kist/restore/restore.hpp"

#include "restore/chosen_tree.hpp"
#include "restore/tally.hpp"

#include <functional>
#include <string>

namespace kist::restore {

class Sweeper {
  public:
    using Report = std::function<void(const Step&)>;

    // All must outlive the object. report: told instead of deleting; none: it is deleted.
    Sweeper(const RestoreOptions& options, repository::Catalog& catalog, const ChosenTree& tree, Tally& tally,
            const Report* report = nullptr)
        : options_(options), catalog_(catalog), tree_(tree), tally_(tally), report_(report) {}

    // Asked once all that can be read has been read. What forbids it goes into the tally.
    bool is_permitted();
    // Directly in a directory of the target. path: as it is shown. Errors of single entries are counted.
    void sweep(const os::Directory& directory, repository::NodeId node, const std::string& path);
    // One name, with all below it. false: something of it is left, and counted.
    bool remove(const os::Directory& directory, const std::string& name, const ChosenTree::Position& position,
                const std::string& path);

  private:
    bool empty(const os::Directory& directory, const ChosenTree::Position& position, const std::string& path);
    bool remove_one(const os::Directory& directory, const std::string& name, bool is_directory,
                    const std::string& path);

    const RestoreOptions& options_;
    repository::Catalog& catalog_;
    const ChosenTree& tree_;
    Tally& tally_;
    const Report* report_;
    std::uint64_t deleted_ = 0;
};

}  // namespace kist::restore
