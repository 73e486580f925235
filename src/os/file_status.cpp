#include "kist/os/file_status.hpp"

#include "os/statx.hpp"

#include <limits>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace kist::os {
namespace {

FileType type_of(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFDIR:
            return FileType::directory;
        case S_IFLNK:
            return FileType::symlink;
        case S_IFIFO:
            return FileType::fifo;
        case S_IFSOCK:
            return FileType::socket;
        case S_IFCHR:
            return FileType::character_device;
        case S_IFBLK:
            return FileType::block_device;
        default:
            return FileType::regular;
    }
}

// Nanoseconds in 64 bits reach from 1677 to 2262; what a filesystem says beyond is taken for the last moment of that.
Timestamp time_of(const statx_timestamp& time) {
    return time_at(time.tv_sec, time.tv_nsec);
}

}  // namespace

std::optional<FileStatus> try_statx(int fd, const char* name) noexcept {
    struct statx found {};
    if (statx(fd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME,
              &found) != 0)
        return std::nullopt;
    FileStatus status;
    status.type = type_of(found.stx_mode);
    status.mode = found.stx_mode & 07777U;
    status.uid = found.stx_uid;
    status.gid = found.stx_gid;
    status.link_count = found.stx_nlink;
    status.size = found.stx_size;
    status.allocated = found.stx_blocks * 512;
    status.device = makedev(found.stx_dev_major, found.stx_dev_minor);
    status.inode = found.stx_ino;
    status.special_device = makedev(found.stx_rdev_major, found.stx_rdev_minor);
    status.mtime = time_of(found.stx_mtime);
    status.ctime = time_of(found.stx_ctime);
    if ((found.stx_mask & STATX_BTIME) != 0) status.birth_time = time_of(found.stx_btime);
    status.is_mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    status.is_no_dump = (found.stx_attributes & STATX_ATTR_NODUMP) != 0;
    return status;
}

}  // namespace kist::os
