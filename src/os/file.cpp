#include "kist/os/file.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace kist::os {
namespace {

// Not in <linux/magic.h>.
constexpr unsigned long kConfigfs = 0x62656570;
constexpr unsigned long kFusectl = 0x65735543;
constexpr unsigned long kMqueue = 0x19800202;

[[noreturn]] void fail(const char* doing, std::string_view name) {
    const int error = errno;
    throw Error::from_errno(error, std::string(doing) + " " + printable(name));
}

}  // namespace

std::size_t read_at(int fd, std::uint64_t offset, std::span<std::byte> buffer, std::string_view name) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const auto got = pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("cannot read", name);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes, std::string_view name) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto put = pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail("cannot write", name);
        done += static_cast<std::size_t>(put);
    }
}

std::size_t read_some(int fd, std::span<std::byte> buffer, std::string_view name) {
    for (;;) {
        const auto got = read(fd, buffer.data(), buffer.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) fail("cannot read", name);
    }
}

void write_all(int fd, std::span<const std::byte> bytes, std::string_view name) {
    while (!bytes.empty()) {
        const auto put = write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail("cannot write", name);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
}

void sync_file(int fd, std::string_view name) {
    if (fsync(fd) != 0) fail("cannot flush", name);
}

void sync_filesystem(int fd, std::string_view name) {
    if (syncfs(fd) != 0) fail("cannot flush the filesystem of", name);
    // The kernel does not pass it on to a filesystem in userspace; fsync(2) it does.
    if (is_on_fuse(fd) && fsync(fd) != 0) fail("cannot flush the filesystem of", name);
}

bool is_on_fuse(int fd) {
    struct statfs filesystem {};
    return fstatfs(fd, &filesystem) == 0 && filesystem.f_type == FUSE_SUPER_MAGIC;
}

bool is_on_pseudo_filesystem(int fd) {
    constexpr std::array<unsigned long, 19> kMagics{
        PROC_SUPER_MAGIC,
        SYSFS_MAGIC,
        CGROUP_SUPER_MAGIC,
        CGROUP2_SUPER_MAGIC,
        DEVPTS_SUPER_MAGIC,
        DEBUGFS_MAGIC,
        TRACEFS_MAGIC,
        SECURITYFS_MAGIC,
        SELINUX_MAGIC,
        BINFMTFS_MAGIC,
        EFIVARFS_MAGIC,
        BPF_FS_MAGIC,
        PSTOREFS_MAGIC,
        RDTGROUP_SUPER_MAGIC,
        AUTOFS_SUPER_MAGIC,
        NSFS_MAGIC,
        kConfigfs,
        kFusectl,
        kMqueue,
    };
    struct statfs filesystem {};
    return fstatfs(fd, &filesystem) == 0 &&
           std::ranges::find(kMagics, static_cast<unsigned long>(filesystem.f_type)) != kMagics.end();
}

void truncate(int fd, std::uint64_t size, std::string_view name) {
    if (ftruncate(fd, static_cast<off_t>(size)) != 0) fail("cannot set the size of", name);
}

void allocate(int fd, std::uint64_t size, std::string_view name) {
    if (const int error = posix_fallocate(fd, 0, static_cast<off_t>(size)); error != 0)
        throw Error::from_errno(error, "cannot allocate space for " + printable(name));
}

bool clone_file(int from, int to, std::string_view name) {
    if (ioctl(to, FICLONE, from) == 0) return true;
    if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV || errno == EINVAL || errno == ENOSYS) return false;
    fail("cannot clone into", name);
}

bool punch_hole(int fd, std::uint64_t offset, std::uint64_t size, std::string_view name) {
    constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (fallocate(fd, kMode, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0) return true;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return false;
    fail("cannot give space back from", name);
}

DataRange next_data(int fd, std::uint64_t offset, std::uint64_t size) {
    const auto begin = lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
    if (begin < 0) return errno == ENXIO ? DataRange{size, size} : DataRange{offset, size};
    const auto end = lseek(fd, begin, SEEK_HOLE);
    const auto first = std::min(static_cast<std::uint64_t>(begin), size);
    return {first, end < 0 ? size : std::min(static_cast<std::uint64_t>(end), size)};
}

ScatteredReading::ScatteredReading(int fd) : fd_(fd) {
    posix_fadvise(fd_, 0, 0, POSIX_FADV_RANDOM);
}

ScatteredReading::~ScatteredReading() {
    posix_fadvise(fd_, 0, 0, POSIX_FADV_NORMAL);
}

void expect_random_reads(int fd) {
    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
}

void read_ahead(int fd, std::uint64_t offset, std::uint64_t size) {
    // Of a longer range the kernel takes only the beginning.
    constexpr std::uint64_t kPiece = 128U << 10U;
    for (; size > 0; offset += kPiece, size -= std::min(size, kPiece))
        posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(std::min(size, kPiece)), POSIX_FADV_WILLNEED);
}

std::string read_small_file(const std::string& path, std::size_t limit) {
    Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) fail("cannot open", path);
    std::string content;
    std::byte buffer[4096];
    for (;;) {
        const auto got = read_some(fd.get(), buffer, path);
        if (got == 0) return content;
        content.append(reinterpret_cast<const char*>(buffer), got);
        if (content.size() > limit) throw Error(ErrorCode::failed, printable(path) + " is larger than it can be");
    }
}

void replace_small_file(const std::string& path, std::string_view content, std::uint32_t mode) {
    std::string temporary = path + ".XXXXXX";
    Fd fd(mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) fail("cannot create", temporary);
    try {
        write_all(fd.get(), as_bytes(content), temporary);
        if (fchmod(fd.get(), mode) != 0) fail("cannot set the mode of", temporary);
        sync_file(fd.get(), temporary);
        if (::rename(temporary.c_str(), path.c_str()) != 0) fail("cannot replace", path);
    } catch (...) {
        unlink(temporary.c_str());
        throw;
    }
    const auto slash = path.rfind('/');
    const auto directory = Directory::open(slash == std::string::npos ? "." : path.substr(0, slash + 1));
    sync_file(directory.fd(), path);
}

}  // namespace kist::os
