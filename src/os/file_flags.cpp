#include "kist/os/file_flags.hpp"

#include "kist/base/error.hpp"

#include <array>
#include <cerrno>

#include <linux/fs.h>
#include <sys/ioctl.h>

namespace kist::os {
namespace {

struct FlagName {
    FileFlags flag;
    const char* name;
};
constexpr std::array kNames{
    FlagName{FS_SECRM_FL, "secure-deletion"},  FlagName{FS_UNRM_FL, "undeletable"},
    FlagName{FS_COMPR_FL, "compressed"},       FlagName{FS_SYNC_FL, "synchronous"},
    FlagName{FS_IMMUTABLE_FL, "immutable"},    FlagName{FS_APPEND_FL, "append-only"},
    FlagName{FS_NODUMP_FL, "no-dump"},         FlagName{FS_NOATIME_FL, "no-atime"},
    FlagName{FS_NOCOMP_FL, "no-compression"},  FlagName{FS_JOURNAL_DATA_FL, "data-journaling"},
    FlagName{FS_NOTAIL_FL, "no-tail-merging"}, FlagName{FS_DIRSYNC_FL, "synchronous-directory"},
    FlagName{FS_TOPDIR_FL, "top-directory"},   FlagName{FS_NOCOW_FL, "no-copy-on-write"},
};

constexpr FileFlags all_named() {
    FileFlags all = 0;
    for (const auto& named : kNames) all |= named.flag;
    return all;
}
static_assert(all_named() == kSettableFlags);
static_assert(kSealingFlags == (FS_IMMUTABLE_FL | FS_APPEND_FL));
static_assert(kStorageFlags == (FS_COMPR_FL | FS_NOCOMP_FL | FS_NOCOW_FL));

// The calls are declared with a long and pass an int; some filesystems in userspace take them at their word.
using Argument = std::array<unsigned, sizeof(long) / sizeof(unsigned)>;

std::optional<FileFlags> get(int fd) {
    Argument argument{};
    if (ioctl(fd, FS_IOC_GETFLAGS, argument.data()) == 0) return argument.front();
    for (const int none : {ENOTTY, ENOTSUP, ENOSYS, EINVAL, EPERM, EACCES})
        if (errno == none) return std::nullopt;
    throw Error::from_errno(errno, "cannot read the file attributes");
}

bool try_set(int fd, FileFlags flags) {
    Argument argument{flags};
    if (ioctl(fd, FS_IOC_SETFLAGS, argument.data()) == 0) return true;
    for (const int refused : {ENOTTY, ENOTSUP, ENOSYS, EINVAL, EPERM, EACCES, EROFS})
        if (errno == refused) return false;
    throw Error::from_errno(errno, "cannot set the file attributes");
}

// One after the other, as one that is refused refuses all that are set with it; sealing ones go first and come last.
void set_one_by_one(int fd, FileFlags present, FileFlags wanted) {
    const auto change = [&](FileFlags flags, FileFlags to) {
        for (const auto& [flag, name] : kNames) {
            const auto next = (present & ~flag) | (to & flag);
            if ((flags & flag) != 0 && next != present && try_set(fd, next)) present = next;
        }
    };
    change(kSealingFlags, 0);
    change(kSettableFlags & ~kSealingFlags, wanted);
    change(kSealingFlags, wanted);
}

}  // namespace

std::optional<FileFlags> file_flags(int fd) {
    const auto flags = get(fd);
    return flags ? std::optional(*flags & kSettableFlags) : std::nullopt;
}

FileFlags set_file_flags(int fd, FileFlags wanted) {
    wanted &= kSettableFlags;
    const auto present = get(fd);
    if (!present) return wanted;
    if ((*present & kSettableFlags) == wanted) return 0;
    const bool is_sealed = (*present & kSealingFlags) != 0;
    if (is_sealed || !try_set(fd, (*present & ~kSettableFlags) | wanted)) set_one_by_one(fd, *present, wanted);
    return file_flags(fd).value_or(0) ^ wanted;
}

std::vector<std::string> names_of(FileFlags flags) {
    std::vector<std::string> names;
    for (const auto& [flag, name] : kNames)
        if ((flags & flag) != 0) names.emplace_back(name);
    return names;
}

}  // namespace kist::os
