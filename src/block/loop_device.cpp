#include "kist/block/loop_device.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace kist::block {
namespace {

constexpr unsigned kLoopMajor = 7;
// In sectors of 512 bytes: 512 KiB. With the kernel's own 4 MiB a cold sequential read through the engine is a third
// slower.
constexpr unsigned long kReadAhead = 1024;
constexpr int kAttempts = 64;  // somebody else may take the free device first

[[noreturn]] void fail(const std::string& doing) {
    throw Error::from_errno(errno, doing, "Loop devices need root and the kernel's loop module.");
}

os::Fd open_device(const std::string& path, int flags) {
    return os::Fd(open(path.c_str(), flags | O_CLOEXEC));
}

int free_number() {
    const auto control = open_device("/dev/loop-control", O_RDWR);
    if (!control) fail("cannot open /dev/loop-control");
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) fail("cannot get a free loop device");
    return number;
}

// A container's /dev has nodes for the first few only.
os::Fd open_or_make_node(const std::string& path, int number) {
    auto fd = open_device(path, O_RDWR);
    if (fd || errno != ENOENT) return fd;
    mknod(path.c_str(), S_IFBLK | S_IRUSR | S_IWUSR, makedev(kLoopMajor, static_cast<unsigned>(number)));
    return open_device(path, O_RDWR);
}

std::string name_below_sys(const std::string& device) {
    return "/sys/block/" + device.substr(device.rfind('/') + 1);
}

loop_info64 status_of_loop(const os::Fd& fd, const std::string& path) {
    loop_info64 info{};
    if (ioctl(fd.get(), LOOP_GET_STATUS64, &info) != 0) fail("cannot look at " + path);
    return info;
}

// Kernels before 6.16 take the size that they remember, which of a file served through FUSE is 0 until somebody asks.
void learn_size(int fd) {
    struct stat ignored {};
    fstat(fd, &ignored);
}

}  // namespace

LoopDevice LoopDevice::attach(int fd, const std::string& name, std::uint32_t block_size) {
    learn_size(fd);
    loop_config config{};
    config.fd = static_cast<__u32>(fd);
    config.block_size = block_size;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
    name.copy(reinterpret_cast<char*>(config.info.lo_file_name), LO_NAME_SIZE - 1);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const int number = free_number();
        const auto path = "/dev/loop" + std::to_string(number);
        auto device = open_or_make_node(path, number);
        if (!device) fail("cannot open " + path);
        if (ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) {
            ioctl(device.get(), BLKRASET, kReadAhead);  // as far as the kernel lets it
            return {std::move(device), path};
        }
        if (errno != EBUSY) fail("cannot put " + os::printable(name) + " behind " + path);
    }
    throw Error(ErrorCode::busy, "cannot get a free loop device: others keep taking them");
}

bool LoopDevice::direct() const {
    return (status_of_loop(fd_, path_).lo_flags & LO_FLAGS_DIRECT_IO) != 0;
}

std::uint32_t LoopDevice::block_size() const {
    int size = 0;
    if (ioctl(fd_.get(), BLKSSZGET, &size) != 0) fail("cannot get the block size of " + path_);
    return static_cast<std::uint32_t>(size);
}

std::optional<std::string> loop_backing_file(const std::string& device) {
    try {
        auto name = os::read_small_file(name_below_sys(device) + "/loop/backing_file");
        if (!name.empty() && name.back() == '\n') name.pop_back();
        return name;
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::vector<std::string> loop_devices_of(std::uint64_t device, std::uint64_t inode) {
    std::vector<std::string> found;
    for (const auto& entry : os::Directory::open("/sys/block").entries()) {
        const auto path = "/dev/" + entry.name;
        if (!entry.name.starts_with("loop") || !loop_backing_file(path)) continue;
        const auto fd = open_device(path, O_RDONLY);
        loop_info64 info{};
        if (fd && ioctl(fd.get(), LOOP_GET_STATUS64, &info) == 0 && info.lo_device == device && info.lo_inode == inode)
            found.push_back(path);
    }
    return found;
}

void detach_loop(const std::string& device) {
    const auto fd = open_device(device, O_RDONLY);
    if (!fd && errno != ENOENT && errno != ENXIO) fail("cannot open " + device);
    if (fd && ioctl(fd.get(), LOOP_CLR_FD) != 0 && errno != ENXIO) fail("cannot free " + device);
}

}  // namespace kist::block
