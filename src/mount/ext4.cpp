#include "kist/mount/ext4.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include <array>
#include <cerrno>
#include <cstdint>

#include <fcntl.h>

namespace kist::mount {
namespace {

constexpr ByteCount kManySmallFiles = 64 * kGiB;
constexpr std::uint64_t kStateOffset = 1024 + 0x3a;  // superblock at 1024, s_state in it, little-endian
constexpr unsigned kErrorsDetected = 2;
constexpr int kUncorrected = 4;  // e2fsck's exit status is a set of bits; 1 and 2 say that it repaired

// An inode takes 256 bytes whether it is used or not: 3% of a small container, where running out of them would hurt
// more than the space, 1.6% of a large disk.
const char* bytes_per_inode(ByteCount size) {
    return size <= kManySmallFiles ? "8192" : "16384";
}

bool is_marked_faulty(const std::string& device) {
    const os::Fd fd(open(device.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + device);
    std::array<std::byte, 2> state{};
    os::read_at(fd.get(), kStateOffset, state, device);
    return (std::to_integer<unsigned>(state[0]) & kErrorsDetected) != 0;
}

}  // namespace

void make_ext4(const std::string& device, const Ext4Options& options) {
    const auto result =
        os::run({"mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256", "-i", bytes_per_inode(options.size), "-m", "0",
                 "-E", "nodiscard", "-U", to_string(options.uuid), "-L", options.label, device});
    if (result.status != 0)
        throw Error(ErrorCode::failed, "mkfs.ext4 cannot make a filesystem on " + device + ": " + result.output);
}

void repair_ext4_if_marked(const std::string& device) {
    if (!is_marked_faulty(device)) return;
    const auto result = os::run({"e2fsck", "-p", device});
    if (result.status >= kUncorrected)
        throw Error(ErrorCode::damaged,
                    "the filesystem has faults that e2fsck does not repair by itself: " + result.output,
                    "Make a copy of the volume, then run e2fsck on it by hand.");
}

}  // namespace kist::mount
