#pragma once
// Thin logical volumes of LVM (lvmthin(7)) and snapshots of them, by lvm2's own programs. One that is not installed is
// a failed Error that names the package. Needs root.

#include "kist/os/fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace kist::block {

struct ThinVolume {
    std::string group;
    std::string name;
    std::string pool;
};

// "/dev/mapper/NAME" of the block device with this number, where it is a logical volume; nullopt: it is none.
std::optional<std::string> find_logical_volume(std::uint64_t device);
// nullopt: a logical volume of another kind.
std::optional<ThinVolume> find_thin_volume(const std::string& logical_volume);

// A snapshot that lasts as long as this object, and is not activated by itself at boot. As of one moment: the kernel
// holds the filesystem on the origin still while it is made. What crashes have left of the same origin is removed
// first, unless another process has a snapshot of any origin just then.
class ThinSnapshot {
  public:
    // Errors: no_space where more than nine tenths of the pool's room or of its metadata's are in use: a pool that runs
    // full takes the origin along.
    explicit ThinSnapshot(const ThinVolume& origin);
    ThinSnapshot(const ThinSnapshot&) = delete;
    ThinSnapshot& operator=(const ThinSnapshot&) = delete;
    ~ThinSnapshot();  // nothing may have it open any more; where it cannot be removed the next one does

    std::string device() const;  // for reading and writing: a journal may be replayed there

  private:
    os::Fd lock_;
    std::string group_;
    std::string name_;
};

}  // namespace kist::block
