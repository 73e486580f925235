#include "kist/volume/diagnosis.hpp"

#include "kist/base/byte_count.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "volume/registry.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace kist::volume {
namespace {

constexpr ByteCount kAsGoodAsFull = kMiB;

std::string reopening(const OpenVolume& volume) {
    const auto container = os::printable(volume.container);
    return "kist close " + container + ", then kist open " + container + ": it recovers by itself.";
}

// Only a file that is not allocated whole can want space from the filesystem it lies in.
bool outer_filesystem_is_full(const OpenVolume& volume) {
    struct stat file {};
    struct statvfs outer {};
    if (stat(volume.container.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return false;
    const bool has_holes = file.st_blocks * 512 < file.st_size;
    return has_holes && statvfs(volume.container.c_str(), &outer) == 0 &&
           ByteCount{outer.f_bavail * outer.f_frsize} < kAsGoodAsFull;
}

// By trying it, with a file that never gets a name: newer kernels stop without calling the filesystem read-only, and
// none stops before it has to write its journal.
bool kernel_stopped_writing(const OpenVolume& volume) {
    if (volume.access != os::Access::read_write) return false;
    const os::Fd fd(::open(volume.mount_point.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    const bool is_written = fd && fsync(fd.get()) == 0;
    return !is_written && (errno == EROFS || errno == EIO);
}

Error unplugged(const OpenVolume& volume) {
    return {ErrorCode::failed, os::printable(volume.container) + " has been unplugged while it was open",
            "Plug the disk in again, open it, and run the command again: the volume recovers by itself."};
}

Error broken(const OpenVolume& volume) {
    const auto container = os::printable(volume.container);
    return {ErrorCode::failed, "the engine of the volume " + container + " has died", reopening(volume)};
}

}  // namespace

std::optional<Error> diagnose(const OpenVolume& volume) {
    const auto record = read_record(volume.identity.luks);
    const auto judgement = record ? judge(*record) : Judgement{};
    if (judgement.unplugged) return unplugged(volume);
    if (!judgement.is_open()) return broken(volume);
    if (outer_filesystem_is_full(volume))
        return Error(ErrorCode::no_space,
                     "the filesystem that holds the container " + os::printable(volume.container) + " is full",
                     "Free space there. Then " + reopening(volume));
    if (kernel_stopped_writing(volume))
        return Error(ErrorCode::failed,
                     "the kernel has stopped writing to " + os::printable(volume.container) + " after an I/O error",
                     "The reason stands in the kernel's log (dmesg). " + reopening(volume));
    return std::nullopt;
}

}  // namespace kist::volume
