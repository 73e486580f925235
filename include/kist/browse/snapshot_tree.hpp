#pragma once
// All snapshots as one read-only tree: HOST/SOURCE/DATE/ and below it the source's own files, with `latest` beside the
// dates. Follows the catalog: new snapshots appear, and forgotten ones vanish; what is still open of them goes on, or
// gives ESTALE or EIO.
//
// Contents: small ones are compared with their hash before their first byte is given out. Of large ones that are read
// from beginning to end the hash is taken on the way, and the last bytes are given out only if it is right. A jump
// makes all of it be read and compared first. From then on each block is compared when it is read, wherever its bytes
// then are. A copy that is not right is replaced by another one where there is one, else there is EIO.
//
// Threads: any.

#include "kist/fuse/tree.hpp"
#include "kist/repository/repository.hpp"

#include <memory>
#include <optional>

namespace kist::browse {

// Instead of all: a folder of one snapshot as the tree's root, or a folder with just the file that this names.
struct TreeRoot {
    repository::SnapshotNumber snapshot = 0;
    repository::EntryId entry = 0;
};

class SnapshotTree : public fuse::Tree {
  public:
    // The repository must outlive it. A root's entry must be there.
    SnapshotTree(const repository::Repository& repository, std::optional<TreeRoot> root);
    SnapshotTree(const SnapshotTree&) = delete;
    SnapshotTree& operator=(const SnapshotTree&) = delete;
    ~SnapshotTree() override;

    fuse::Node status(fuse::NodeNumber number) override;
    std::optional<fuse::Node> find(fuse::NodeNumber directory, std::string_view name) override;
    fuse::Listing list(fuse::NodeNumber directory) override;
    std::string link_target(fuse::NodeNumber symlink) override;
    std::unique_ptr<fuse::OpenFile> open(fuse::NodeNumber file) override;
    os::ExtendedAttributes attributes(fuse::NodeNumber number) override;

  private:
    struct State;
    class Call;
    std::unique_ptr<State> state_;
};

}  // namespace kist::browse
