#pragma once
// What a restore would do, found by looking at the catalog and the target. Writes nothing. Threads: one.

#include "kist/os/directory.hpp"
#include "kist/repository/catalog.hpp"

#include "restore/judge.hpp"
#include "restore/restoration.hpp"
#include "restore/sweeper.hpp"

#include <functional>
#include <optional>
#include <string>

namespace kist::restore {

class Rehearsal {
  public:
    using Report = std::function<void(const Step&)>;

    // All must outlive the object.
    Rehearsal(const repository::Repository& repository, const RestoreOptions& options, repository::Catalog& catalog,
              Tally& tally, const Report& report);

    // target: nullopt where it would be made.
    void go_through(const repository::Entry& root, const ChosenTree& tree, std::optional<os::Directory> target);
    void consider_single(const repository::Entry& entry, const std::string& name,
                         const std::optional<os::Directory>& target);

  private:
    void visit(std::size_t index, std::vector<std::size_t>& below);
    std::optional<std::size_t> enter(std::size_t parent, const std::optional<os::Directory>& directory,
                                     const repository::Entry& entry);
    Folder::State look_at(const std::optional<os::Directory>& parent, const std::string& path,
                          const repository::Entry& entry, ChosenTree::Part part);
    // true: a folder that is not empty is in the way, and is to be deleted.
    bool consider(const std::optional<os::Directory>& directory, const std::string& path,
                  const repository::Entry& entry);
    void sweep();
    std::optional<os::Directory> open(std::size_t index) const;
    std::string shown(std::size_t folder, const std::string& name = "") const;

    const RestoreOptions& options_;
    repository::Catalog& catalog_;
    Tally& tally_;
    const Report& report_;
    repository::Catalog names_;  // of owners
    OwnerMap owners_;
    MetadataApplier metadata_;
    repository::Catalog contents_;
    Judge judge_;
    std::optional<os::Directory> target_;
    const ChosenTree* tree_ = nullptr;
    std::optional<Sweeper> sweeper_;
    Folders folders_;
    std::vector<std::pair<std::size_t, std::string>> obstructed_;  // a folder, and the name of another in it
};

}  // namespace kist::restore
