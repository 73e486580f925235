#pragma once
// The source's btrfs subvolume as it was at one moment: a read-only snapshot at the subvolume's root, under a name of
// Kist's own. It is removed with this object; what a crash leaves the next run removes.

#include "kist/base/timestamp.hpp"
#include "kist/os/directory.hpp"

#include <cstdint>
#include <string>

namespace kist::backup {

class SourceSnapshot {
  public:
    // folder: absolute, without links. Errors: failed, with the reason, where there is no subvolume that it lies in, or
    // the kernel or the caller's rights do not allow it.
    explicit SourceSnapshot(const std::string& folder);
    SourceSnapshot(const SourceSnapshot&) = delete;
    SourceSnapshot& operator=(const SourceSnapshot&) = delete;
    ~SourceSnapshot();

    const os::Directory& folder() const { return *folder_; }  // what the folder is in the snapshot
    std::uint64_t device() const { return device_; }          // of what is in the snapshot
    std::uint64_t live_device() const { return live_device_; }
    Timestamp begun() const { return begun_; }  // just before: everything in it is older

    // Errors: failed, when somebody has removed it.
    void require_whole() const;

  private:
    std::string subvolume_path_;
    std::string name_;
    std::optional<os::Directory> subvolume_;
    std::optional<os::Directory> root_;  // of the snapshot; holds its lock
    std::optional<os::Directory> folder_;
    std::uint64_t device_ = 0;
    std::uint64_t live_device_ = 0;
    Timestamp begun_;
};

}  // namespace kist::backup
