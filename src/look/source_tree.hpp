#pragma once
// The source as it is now, as far as a backup would look at it.

#include "kist/os/directory.hpp"
#include "kist/repository/run.hpp"

#include "look/tree.hpp"

#include <string>
#include <vector>

namespace kist::look {

class SourceTree : public Tree {
  public:
    // Errors: not_found where the source's folder is not there.
    SourceTree(const repository::Repository& repository, repository::Catalog& catalog, const LiveChoice& choice,
               const std::atomic<bool>& interrupted);

    // What could not be read so far.
    const std::vector<Trouble>& troubles() const { return troubles_; }

    Item root() override;
    Listing list(const Item& folder) override;
    std::optional<Item> find_folder(repository::NodeId node) override;
    std::optional<Item> stand_in(const Item& folder, const Item& missing) override;
    bool is_same_below(const Item& before, const Item& folder) override;
    std::optional<EntryDifference> difference(const Item& before, Item& item) override;
    bool is_certainly_the_same(const Item& before, const Item& item) override;

  private:
    Item item_of(const os::Directory& parent, const std::string& name, std::string path, const os::FileStatus& status);
    std::optional<os::Directory> open_folder(const std::string& path) const;
    Listing list_names(const Item& folder, const os::Directory& directory);
    bool is_left_out(const os::FileStatus& status) const;
    bool has_other_content(const Item& before, const Item& item);

    repository::Catalog& catalog_;
    LiveChoice choice_;
    const std::atomic<bool>& interrupted_;
    repository::LiveTree known_;
    os::FileStatus volume_;
    std::string top_path_;  // the source's folder; of a single file the one that it stands in
    os::Directory top_;
    std::vector<Trouble> troubles_;
    // The folder that was listed last, with the rules of its own files.
    std::string listed_path_;
    selection::Folder listed_rules_;
};

}  // namespace kist::look
