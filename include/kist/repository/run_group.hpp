#pragma once
// Runs of several sources that are at work at once, in one process: they share the writer's lock, the staging folder
// and what numbers are taken from, and commit one after the other.

#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kist::repository {

// Which source a run is of. name: what it is called from its commit on; empty: as before.
struct SourceKey {
    std::string host;
    std::string path;
    std::string name{};
};

// Threads: any.
class RunGroup {
  public:
    // Locks the repository (busy where another process is at work), and finishes and puts aside what others left.
    explicit RunGroup(Repository& repository);
    RunGroup(const RunGroup&) = delete;
    RunGroup& operator=(const RunGroup&) = delete;
    // After the last run. What its runs have listed for the next ones is put aside, everything else removed.
    ~RunGroup();

    // One run's part in it, while that run lives.
    class Member {
      public:
        // Finds or makes the source. Errors: usage where it overlaps another one; busy where a run of it is at work.
        Member(RunGroup& group, const SourceKey& key);
        Member(const Member&) = delete;
        Member& operator=(const Member&) = delete;
        ~Member();

        const Source& source() const noexcept { return source_; }
        // Of the source, when this run began.
        const std::optional<Snapshot>& previous() const noexcept { return previous_; }
        // Of all runs in the order in which they began: 0, 1, …
        std::int64_t number() const noexcept { return number_; }

      private:
        RunGroup& group_;
        Source source_;
        std::optional<Snapshot> previous_;
        std::int64_t number_ = 0;
    };

    Repository& repository() const noexcept { return repository_; }
    const os::Directory& staging() const noexcept { return staging_; }
    const os::Directory& staged() const noexcept { return staged_; }  // staging/in
    // Nodes above the catalog's highest, no run's twice.
    NodeId new_node() noexcept { return next_node_.fetch_add(1); }
    NodeId first_new_node() const noexcept { return first_new_node_; }
    // While it is held no run commits. So that others need not wait for the catalog.
    std::unique_lock<std::mutex> hold_commits() { return std::unique_lock(committing_); }

  private:
    Repository& repository_;
    Repository::WriteLock lock_;
    os::Directory staging_;
    os::Directory staged_;
    const NodeId first_new_node_;
    std::atomic<NodeId> next_node_;
    std::mutex committing_;
    std::mutex mutex_;             // guards the rest
    std::vector<Source> at_work_;  // whose runs live: a new one's row comes with its first snapshot
    SourceId highest_source_ = 0;
    std::int64_t begun_ = 0;
};

}  // namespace kist::repository
