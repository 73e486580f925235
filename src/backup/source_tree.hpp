#pragma once
// A source as a run reads it: live, or in a snapshot of what it lies on. A snapshot has nothing of other filesystems
// and subvolumes below the source: there the live tree is read. Statuses are those of the live tree, so that the next
// run knows the files again, with or without a snapshot. Threads: any, once made.

#include "kist/backup/backup.hpp"
#include "kist/os/directory.hpp"

#include "backup/source_snapshot.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace kist::backup {

class SourceTree {
  public:
    // folder: the source, if it is a directory, or the directory that holds it; absolute, without links. Errors: as of
    // SourceSnapshot where one is required.
    SourceTree(const std::string& folder, SourceSnapshotUse use);

    const os::Directory& root() const { return snapshot_ ? snapshot_->folder() : live_; }
    bool is_snapshot() const { return snapshot_ != nullptr; }
    bool is_live(const std::string& path) const { return !is_snapshot() || is_elsewhere(path); }  // what is below it

    // path: below the root, "" for itself. nullopt: no such folder.
    std::optional<os::Directory> find_folder(const std::string& path) const;
    // Both of a name in the folder at `path`, which `folder` is.
    std::optional<os::FileStatus> find_status(const std::string& path, const os::Directory& folder,
                                              const std::string& name);
    std::optional<os::Directory> find_directory(const std::string& path, const os::Directory& folder,
                                                const std::string& name) const;
    // What was asked of something that find_folder() leads to.
    os::FileStatus as_live(os::FileStatus status) const;

    // Later than every change that can be seen: the present, or when the snapshot was made.
    Timestamp seen_at() const;
    void require_whole() const;  // as of SourceSnapshot

  private:
    bool is_elsewhere(const std::string& path) const;

    os::Directory live_;
    std::unique_ptr<SourceSnapshot> snapshot_;
    mutable std::mutex mutex_;
    std::vector<std::string> elsewhere_;  // guarded by mutex_: folders that are not in the snapshot, below the root
};

}  // namespace kist::backup
