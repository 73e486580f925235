#include "volume/container.hpp"

#include "kist/base/error.hpp"
#include "kist/block/loop_device.hpp"
#include "kist/mount/holders.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "volume/patient_lock.hpp"

#include <cerrno>
#include <filesystem>
#include <tuple>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::volume {
namespace {

[[noreturn]] void fail_to_open(int error, const std::string& path) {
    const auto name = os::printable(path);
    if (error == ENOENT || error == ENOTDIR)
        throw Error(ErrorCode::not_found, "there is no " + name, "kist prepare makes a new volume.");
    if (error == EBUSY) throw Error(ErrorCode::busy, name + " is in use: it is mounted, or part of something that is");
    if (error == EROFS || error == EACCES)
        throw Error::from_errno(error, "cannot open " + name + " for writing",
                                "If the disk or file is write-protected: kist open --read-only.");
    if (error == EISDIR) throw Error(ErrorCode::usage, name + " is a directory, not a container file or a disk");
    throw Error::from_errno(error, "cannot open " + name);
}

bool is_block_device(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode);
}

std::tuple<ContainerId, ContainerKind> identify(int fd, const std::string& path) {
    const auto status = os::status_of(fd);
    if (status.type == os::FileType::block_device)
        return {ContainerId{status.special_device, 0}, ContainerKind::block_device};
    if (status.type != os::FileType::regular)
        throw Error(ErrorCode::usage, os::printable(path) + " is neither a container file nor a disk");
    return {ContainerId{status.device, status.inode}, ContainerKind::file};
}

}  // namespace

std::optional<ContainerId> find_container_id(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    if (S_ISBLK(status.st_mode)) return ContainerId{status.st_rdev, 0};
    return ContainerId{status.st_dev, status.st_ino};
}

Container::Container(os::Fd fd, const std::string& path, os::Access access)
    : fd_(std::move(fd)), path_(std::filesystem::canonical(path).string()), access_(access) {
    std::tie(id_, kind_) = identify(fd_.get(), path);
}

Container Container::open(const std::string& path, os::Access access) {
    // On a block device O_EXCL means: nobody else, and nothing mounted from it.
    const int flags = (access == os::Access::read_only ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC |
                      (is_block_device(path) ? O_EXCL : 0);
    os::Fd fd(::open(path.c_str(), flags));
    if (!fd) fail_to_open(errno, path);
    return {std::move(fd), path, access};
}

Container Container::create(const std::string& path, ByteCount size) {
    os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd && errno == EEXIST)
        throw Error(ErrorCode::usage, os::printable(path) + " exists already, and kist prepare overwrites nothing",
                    "Name a new file, or remove this one first.");
    if (!fd) throw Error::from_errno(errno, "cannot create " + os::printable(path));
    try {
        os::write_at(fd.get(), 0, os::as_bytes(kNewContainerMarker), path);
        os::allocate(fd.get(), size.value, path);
        return {std::move(fd), path, os::Access::read_write};
    } catch (...) {
        unlink(path.c_str());
        throw;
    }
}

void Container::lock() {
    const auto name = os::printable(path_);
    if (!lock_patiently(fd_.get(), access_)) {
        const auto who = mount::describe(mount::holders_of_file(id_.device, id_.inode));
        throw Error(ErrorCode::busy, name + " is in use" + (who.empty() ? " by another process" : " by " + who));
    }
    if (kind_ != ContainerKind::file) return;
    if (const auto loops = block::loop_devices_of(id_.device, id_.inode); !loops.empty())
        throw Error(ErrorCode::busy, name + " is in use: it lies behind " + loops.front(),
                    "losetup -d frees the device when nothing on it is in use.");
}

}  // namespace kist::volume
