#include "kist/volume/mounted_volume.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"

#include "volume/registry.hpp"

namespace kist::volume {
namespace {

// judge() has compared mount and device; this compares what was opened. btrfs folders have device numbers of their own.
bool is_the_mount(const std::string& mount_point, const os::Directory& root) {
    const auto mount = mount::find_mount(mount_point);
    return mount && (mount->type == "btrfs" || mount->device == root.own_status().device);
}

}  // namespace

MountedVolume MountedVolume::attach(const OpenVolume& volume) {
    const auto record = read_record(volume.identity.luks);
    if (!record || !judge(*record).is_open())
        throw Error(ErrorCode::failed,
                    "the volume is not mounted at " + os::printable(volume.mount_point) + " any more",
                    "kist close cleans up, then kist open opens it again.");
    auto root = os::Directory::open(volume.mount_point);
    if (!is_the_mount(volume.mount_point, root))
        throw Error(ErrorCode::failed,
                    os::printable(volume.mount_point) + " shows another filesystem than the volume's");
    return {volume, std::move(root)};
}

CloseSummary MountedVolume::close() {
    root_ = os::Directory(os::Fd());
    return volume::close(volume_);
}

}  // namespace kist::volume
