#pragma once
// An encrypted volume, unlocked and mounted, and the ways to get one.
//
// The volume stays open when this object is destroyed and when the process ends: that is what `kist open` is for. Only
// close() closes it, and reports. Whoever opens a volume for the time of one command closes it at the end.
//
// Opening may start the userspace engine, which goes on in a forked child: call prepare() (prepare.hpp) and open()
// before starting threads. Both need root.

#include "kist/base/byte_count.hpp"
#include "kist/base/secret.hpp"
#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/open_volume.hpp"

#include <string>

namespace kist::volume {

class MountedVolume {
  public:
    // One that is open already. Its mount point must show this very volume, or it is a failed Error: nothing is ever
    // written to an unmounted mount point.
    static MountedVolume attach(const OpenVolume& volume);

    const os::Directory& root() const noexcept { return root_; }
    const std::string& mount_point() const noexcept { return volume_.mount_point; }
    const Identity& identity() const noexcept { return volume_.identity; }
    const OpenVolume& description() const noexcept { return volume_; }

    // As volume::close(). Descriptors below root() must be closed before. The object is of no use afterwards, whether
    // it throws or not.
    CloseSummary close();

  private:
    MountedVolume(OpenVolume volume, os::Directory root) noexcept
        : volume_(std::move(volume)), root_(std::move(root)) {}

    OpenVolume volume_;
    os::Directory root_;
};

struct OpenOptions {
    std::string path;         // container file or block device
    std::string mount_point;  // an empty folder; "": /run/kist/LABEL
    os::Access access = os::Access::read_write;
    std::optional<EngineKind> engine = std::nullopt;  // dm-crypt where it can be used
};

// Missing container: not_found. No LUKS header: failed. A damaged header or filesystem: damaged. A wrong key: no_key,
// with nothing changed. Open already, by whomever: a busy Error that says by whom and where. A mount point that is no
// empty folder: usage. What a killed engine has left behind is cleaned up first.
MountedVolume open(const OpenOptions& options, const Secret& key);
// The same with any way to the volume key. `unlock` is called once, while nobody else can open the container or
// exchange its header; what it throws is thrown.
MountedVolume open(const OpenOptions& options, const luks::Unlock& unlock);

}  // namespace kist::volume
