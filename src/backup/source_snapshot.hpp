#pragma once
// A source's folder as it was at one moment, in a snapshot of what it lies on. The snapshot is removed with this
// object; what a crash leaves the next run removes. Nothing below folder() may be open any more then.

#include "kist/base/timestamp.hpp"
#include "kist/os/directory.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace kist::backup {

class SourceSnapshot {
  public:
    SourceSnapshot() = default;
    SourceSnapshot(const SourceSnapshot&) = delete;
    SourceSnapshot& operator=(const SourceSnapshot&) = delete;
    virtual ~SourceSnapshot() = default;

    const os::Directory& folder() const { return *folder_; }  // what the folder is in the snapshot
    std::uint64_t device() const { return device_; }          // of what is in the snapshot
    std::uint64_t live_device() const { return live_device_; }
    Timestamp begun() const { return begun_; }  // just before: everything in it is older

    // Errors: failed, when somebody has removed it.
    virtual void require_whole() const = 0;

  protected:
    std::optional<os::Directory> folder_;
    std::uint64_t device_ = 0;
    std::uint64_t live_device_ = 0;
    Timestamp begun_;
};

// folder, of all: absolute, without links. Errors: failed, with the reason, where what it lies on can have no such
// snapshot, or the kernel or the caller's rights do not allow it.

// On btrfs: a read-only snapshot at the root of its subvolume, under a name of Kist's own.
std::unique_ptr<SourceSnapshot> snapshot_of_subvolume(const std::string& folder);

// ext4 or xfs on a thin logical volume of LVM: a thin snapshot of it, mounted read-only at no path. Errors also:
// no_space, where the thin pool is too full (block/thin_volume.hpp).
std::unique_ptr<SourceSnapshot> snapshot_of_thin_volume(const std::string& folder);

}  // namespace kist::backup
