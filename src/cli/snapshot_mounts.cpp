#include "cli/snapshot_mounts.hpp"

#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"

#include <fmt/format.h>

namespace kist::cli {

std::vector<std::string> snapshot_mounts(const std::string& repository) {
    std::vector<std::string> folders;
    for (const auto& mount : mount::mount_table())
        if (mount.type == "fuse.kist" && mount.source == repository) folders.push_back(mount.mount_point);
    return folders;
}

Error busy_with_snapshots(const Error& busy, const std::string& mount_point) {
    const auto folders = snapshot_mounts(mount_point);
    if (folders.empty()) return busy;
    std::string shown;
    for (const auto& folder : folders) shown += (shown.empty() ? "" : ", ") + os::printable(folder);
    return {busy.code(), fmt::format("{}; its snapshots are mounted at {}", busy.message(), shown),
            fmt::format("`umount {}` ends that; then try again.", os::printable(folders.front()))};
}

}  // namespace kist::cli
