#include "kist/mount/fuse2fs.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/process.hpp"

namespace kist::mount {
namespace {

constexpr int kUncorrected = 4;  // e2fsck's exit status is a set of bits; 1 and 2 say that it repaired

}  // namespace

void repair_without_journal(const std::string& file) {
    if (os::run({"e2fsck", "-p", file}).status < kUncorrected) return;
    const auto result = os::run({"e2fsck", "-f", "-y", file});
    if (result.status >= kUncorrected)
        throw Error(ErrorCode::damaged, "e2fsck cannot repair the filesystem in the volume: " + result.output,
                    "Make a copy of the container before anything else is tried.");
}

void mount_by_fuse2fs(const std::string& file, const std::string& mount_point, os::Access access) {
    // fakeroot: owners are kept although only one user gets in.
    const auto result =
        os::run({"fuse2fs", "-o", access == os::Access::read_only ? "ro,fakeroot" : "rw,fakeroot", file, mount_point});
    if (result.status != 0)
        throw Error(ErrorCode::failed,
                    "fuse2fs cannot mount the volume at " + os::printable(mount_point) + ": " + result.output);
}

}  // namespace kist::mount
