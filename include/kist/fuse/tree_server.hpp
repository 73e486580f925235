#pragma once
// Shows a Tree as a filesystem (FUSE, libfuse3's low-level API): mounted ro, nosuid, nodev, noexec.

#include "kist/fuse/tree.hpp"

#include <atomic>
#include <memory>
#include <string>

struct fuse_session;

namespace kist::fuse {

enum class Visibility {
    mounter,   // nobody else gets in, not even root; the mounter sees everything, whatever modes and owners say
    everybody  // the kernel compares modes, owners and ACLs with whoever asks
};

struct TreeMount {
    std::string folder;  // an empty one
    std::string source;  // what the mount table names as mounted; its type is fuse.kist
    Visibility visibility = Visibility::mounter;
};

class TreeServer {
  public:
    // Mounts. `tree` must outlive this object. Nothing answers before run().
    TreeServer(const TreeMount& mount, Tree& tree);
    TreeServer(TreeServer&&) noexcept = default;
    TreeServer& operator=(TreeServer&&) noexcept = default;
    ~TreeServer();  // unmounts where that has not happened yet

    // Answers with so many threads until somebody unmounts, or `stop` becomes true: then it unmounts itself, and
    // whoever has something open gets errors. Signals are left to the calling thread, but SIGUSR1, which it takes for
    // itself.
    void run(unsigned threads, const std::atomic<bool>& stop);

  private:
    struct Served;
    struct Destroy {
        void operator()(fuse_session* session) const noexcept;
    };
    std::unique_ptr<Served> served_;
    std::unique_ptr<fuse_session, Destroy> session_;
};

}  // namespace kist::fuse
