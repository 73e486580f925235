#include "backup/source_tree.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/subvolume.hpp"

#include <algorithm>

#include <unistd.h>

namespace kist::backup {
namespace {

std::unique_ptr<SourceSnapshot> take_snapshot(const std::string& folder, SourceSnapshotUse use) {
    if (use == SourceSnapshotUse::never) return nullptr;
    if (geteuid() != 0) {  // others may make one of btrfs, but not remove it
        if (use == SourceSnapshotUse::where_possible) return nullptr;
        throw Error(ErrorCode::failed, "only root can make a snapshot of a source", "Try again with sudo.");
    }
    if (use == SourceSnapshotUse::btrfs) return snapshot_of_subvolume(folder);
    if (use == SourceSnapshotUse::lvm) return snapshot_of_thin_volume(folder);
    for (const auto take : {snapshot_of_subvolume, snapshot_of_thin_volume}) {
        try {
            return take(folder);
        } catch (const Error&) {  // then it is read as it is
        }
    }
    return nullptr;
}

std::vector<std::string> mounts_below(const std::string& folder) {
    const auto prefix = folder == "/" ? folder : folder + "/";
    std::vector<std::string> below;
    for (const auto& entry : mount::mount_table())
        if (entry.mount_point.size() > prefix.size() && entry.mount_point.starts_with(prefix))
            below.push_back(entry.mount_point.substr(prefix.size()));
    return below;
}

}  // namespace

SourceTree::SourceTree(const std::string& folder, SourceSnapshotUse use)
    : live_(os::Directory::open(folder)), snapshot_(take_snapshot(folder, use)) {
    if (snapshot_) elsewhere_ = mounts_below(folder);
}

bool SourceTree::is_elsewhere(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(elsewhere_, [&](const std::string& folder) {
        return path == folder ||
               (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
    });
}

std::optional<os::Directory> SourceTree::find_folder(const std::string& path) const {
    return (is_live(path) ? live_ : root()).find_below(path);
}

std::optional<os::FileStatus> SourceTree::find_status(const std::string& path, const os::Directory& folder,
                                                      const std::string& name) {
    auto status = folder.find_status(name);
    if (!is_snapshot() || !status || status->type != os::FileType::directory) return status ? as_live(*status) : status;
    const auto below = path.empty() ? name : path + "/" + name;
    if (!is_elsewhere(below)) {
        if (status->inode != os::kEmptySubvolume) return as_live(*status);
        const std::lock_guard lock(mutex_);
        elsewhere_.push_back(below);
    }
    const auto live = live_.find_below(below);
    return live ? std::optional(live->own_status()) : std::nullopt;
}

std::optional<os::Directory> SourceTree::find_directory(const std::string& path, const os::Directory& folder,
                                                        const std::string& name) const {
    const auto below = path.empty() ? name : path + "/" + name;
    return is_snapshot() && is_elsewhere(below) ? live_.find_below(below) : folder.find_directory(name);
}

os::FileStatus SourceTree::as_live(os::FileStatus status) const {
    if (is_snapshot() && status.device == snapshot_->device()) status.device = snapshot_->live_device();
    return status;
}

Timestamp SourceTree::seen_at() const {
    return is_snapshot() ? snapshot_->begun() : SystemClock().now();
}

void SourceTree::require_whole() const {
    if (is_snapshot()) snapshot_->require_whole();
}

}  // namespace kist::backup
