#include "kist/os/subvolume.hpp"

#include "kist/base/error.hpp"

#include <cerrno>
#include <cstring>

#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

namespace kist::os {
namespace {

// name and its end have to fit in.
template <std::size_t Size>
void put_name(char (&field)[Size], const std::string& name) {
    if (name.size() >= Size) throw Error(ErrorCode::failed, "the name is too long: " + printable(name));
    std::memcpy(field, name.c_str(), name.size() + 1);
}

}  // namespace

bool is_subvolume_root(const Directory& directory) {
    struct statfs filesystem {};
    return fstatfs(directory.fd(), &filesystem) == 0 &&
           static_cast<unsigned long>(filesystem.f_type) == BTRFS_SUPER_MAGIC &&
           directory.own_status().inode == BTRFS_FIRST_FREE_OBJECTID;
}

bool is_read_only_subvolume(const Directory& root) {
    __u64 flags = 0;
    return ioctl(root.fd(), BTRFS_IOC_SUBVOL_GETFLAGS, &flags) == 0 && (flags & BTRFS_SUBVOL_RDONLY) != 0;
}

void create_read_only_snapshot(const Directory& subvolume, const Directory& parent, const std::string& name) {
    btrfs_ioctl_vol_args_v2 arguments{};
    arguments.fd = subvolume.fd();
    arguments.flags = BTRFS_SUBVOL_RDONLY;
    put_name(arguments.name, name);
    if (ioctl(parent.fd(), BTRFS_IOC_SNAP_CREATE_V2, &arguments) != 0)
        throw Error::from_errno(errno, "cannot make a snapshot of the subvolume");
}

void remove_subvolume(const Directory& parent, const std::string& name) {
    btrfs_ioctl_vol_args arguments{};
    put_name(arguments.name, name);
    if (ioctl(parent.fd(), BTRFS_IOC_SNAP_DESTROY, &arguments) != 0)
        throw Error::from_errno(errno, "cannot remove the subvolume " + printable(name));
}

bool try_lock_folder(const Directory& folder, FolderLock mode) {
    return flock(folder.fd(), (mode == FolderLock::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;
}

}  // namespace kist::os
