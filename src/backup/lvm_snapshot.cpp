#include "kist/base/error.hpp"
#include "kist/block/thin_volume.hpp"
#include "kist/mount/detached_mount.hpp"
#include "kist/mount/mount_table.hpp"

#include "backup/source_snapshot.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace kist::backup {
namespace {

constexpr std::array<std::string_view, 4> kTypes{"ext2", "ext3", "ext4", "xfs"};

Error no_snapshot(const std::string& folder, std::string_view reason) {
    return {ErrorCode::failed, fmt::format("{} {}", os::printable(folder), reason)};
}

block::ThinVolume find_origin(const std::string& folder, std::uint64_t device) {
    const auto volume = block::find_logical_volume(device);
    if (!volume) throw no_snapshot(folder, "lies on no logical volume of LVM");
    auto thin = block::find_thin_volume(*volume);
    if (!thin) throw no_snapshot(folder, fmt::format("lies on {}, which is not thin", os::printable(*volume)));
    return std::move(*thin);
}

bool holds(const mount::MountEntry& entry, const std::string& path) {
    const auto& top = entry.mount_point;
    return top == "/" || path == top || (path.starts_with(top) && path[top.size()] == '/');
}

// The mount that the folder is seen through.
mount::MountEntry find_mount_above(const std::string& folder, std::uint64_t device) {
    std::optional<mount::MountEntry> nearest;
    for (auto& entry : mount::mount_table())
        if (holds(entry, folder) && (!nearest || entry.mount_point.size() >= nearest->mount_point.size()))
            nearest = std::move(entry);
    if (!nearest || nearest->device != device) throw no_snapshot(folder, "is seen through no mount of its filesystem");
    if (std::ranges::find(kTypes, nearest->type) == kTypes.end())
        throw no_snapshot(folder, fmt::format("lies on {}: only ext4 and xfs can be read from a snapshot of LVM",
                                              os::printable(nearest->type)));
    return std::move(*nearest);
}

// Relative, from the filesystem's own root.
std::string path_within(const mount::MountEntry& entry, const std::string& folder) {
    auto below = folder.substr(entry.mount_point == "/" ? 0 : entry.mount_point.size());
    if (below == "/") below.clear();
    const auto path = (entry.root == "/" ? "" : entry.root) + below;
    return path.empty() ? path : path.substr(1);
}

class ThinVolumeSnapshot : public SourceSnapshot {
  public:
    explicit ThinVolumeSnapshot(const std::string& folder) {
        const auto live = os::Directory::open(folder).own_status();
        live_device_ = live.device;
        const auto mount = find_mount_above(folder, live_device_);
        const auto origin = find_origin(folder, live_device_);
        begun_ = SystemClock().now();
        snapshot_.emplace(origin);
        root_ = mount::mount_detached(snapshot_->device(), mount.type);
        device_ = root_->own_status().device;
        folder_ = root_->open_below(path_within(mount, folder));
        if (folder_->own_status().inode == live.inode) return;
        folder_.reset();
        throw no_snapshot(folder, "was exchanged while a snapshot of it was made");
    }

    ~ThinVolumeSnapshot() override {  // what is in use cannot be removed
        folder_.reset();
        root_.reset();
    }

    // The kernel keeps one that is mounted.
    void require_whole() const override { root_->own_status(); }

  private:
    std::optional<block::ThinSnapshot> snapshot_;
    std::optional<os::Directory> root_;  // its filesystem's
};

}  // namespace

std::unique_ptr<SourceSnapshot> snapshot_of_thin_volume(const std::string& folder) {
    return std::make_unique<ThinVolumeSnapshot>(folder);
}

}  // namespace kist::backup
