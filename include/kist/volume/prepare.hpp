#pragma once
// Makes a new encrypted volume: in a container file, on a disk, or in a partition of one.

#include "kist/mount/filesystem.hpp"
#include "kist/volume/mounted_volume.hpp"

#include <functional>
#include <optional>

namespace kist::volume {

enum class DiskLayout {
    one_partition,  // a GPT with one partition over all of it
    whole_disk,     // no partition table
};

// What to do where something is found on the target that nothing uses.
enum class Found { refuse, replace };

struct PrepareOptions {
    std::string path;            // of the container file, disk or partition
    ByteCount size;              // of a container file; 0 for a disk, which is taken whole
    std::string label = "kist";  // a file name without control characters, not beginning with a dot or hyphen
    luks::KdfCost kdf;
    std::string mount_point;  // an empty folder; "": /run/kist/LABEL
    mount::FilesystemKind filesystem = mount::FilesystemKind::ext4;
    DiskLayout layout = DiskLayout::one_partition;  // of a whole disk
    Found found = Found::refuse;                    // replace: the user has seen it and agreed
    // block::Disk::sequence of the disk that the user has seen; 0: any. Another one in its place is a failed Error.
    std::uint64_t seen = 0;
    std::optional<EngineKind> engine = std::nullopt;  // dm-crypt where it can be used
    // Puts on the volume what it needs before it counts as prepared.
    std::function<void(const MountedVolume&)> furnish = {};
};

ByteCount smallest_volume(mount::FilesystemKind kind) noexcept;

// Nothing is written before everything that can be known has been checked. In use: busy, whatever the options say. A
// file that holds anything but an unfinished preparation is never overwritten.
//
// An interrupted preparation is recognised by the next prepare() and open(). After a failure nothing is left of a new
// file, and a disk stays unfinished.
MountedVolume prepare(const PrepareOptions& options, const Secret& key);

}  // namespace kist::volume
