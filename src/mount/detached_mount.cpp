#include "kist/mount/detached_mount.hpp"

#include "kist/base/error.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/mount.h>

namespace kist::mount {
namespace {

void set_flag(const os::Fd& context, const char* flag) {
    fsconfig(context.get(), FSCONFIG_SET_FLAG, flag, nullptr, 0);  // what is refused shows when it is mounted
}

}  // namespace

os::Directory mount_detached(const std::string& device, const std::string& type) {
    const auto fail = [&]() -> Error {
        return Error::from_errno(errno, "cannot mount the " + type + " filesystem on " + os::printable(device));
    };
    const os::Fd context(fsopen(type.c_str(), FSOPEN_CLOEXEC));
    if (!context) throw fail();
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, "source", device.c_str(), 0) != 0) throw fail();
    set_flag(context, "ro");
    if (type == "xfs") set_flag(context, "nouuid");
    if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) throw fail();
    constexpr unsigned kFlags =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;
    const os::Fd root(fsmount(context.get(), FSMOUNT_CLOEXEC, kFlags));
    if (!root) throw fail();
    os::Fd opened(openat(root.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) throw fail();
    return os::Directory(std::move(opened));
}

}  // namespace kist::mount
