#include "kist/mount/filesystem.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <vector>

#include <fcntl.h>

namespace kist::mount {
namespace {

constexpr ByteCount kManySmallFiles = 64 * kGiB;
constexpr ByteCount kBlock{4096};
constexpr std::uint64_t kStateOffset = 1024 + 0x3a;  // superblock at 1024, s_state in it, little-endian
constexpr unsigned kErrorsDetected = 2;
constexpr int kUncorrected = 4;  // e2fsck's exit status is a set of bits; 1 and 2 say that it repaired

const char* package_of(FilesystemKind kind) {
    switch (kind) {
        case FilesystemKind::ext4:
            return "e2fsprogs";
        case FilesystemKind::xfs:
            return "xfsprogs";
        case FilesystemKind::btrfs:
            break;
    }
    return "btrfs-progs";
}

os::ProcessResult run_tool(FilesystemKind kind, const std::vector<std::string>& argv) {
    try {
        return os::run(argv);
    } catch (const Error& error) {
        if (error.error_number() != ENOENT) throw;
        throw Error(ErrorCode::failed, argv.front() + " is not installed",
                    std::string("It is in the package ") + package_of(kind) + ".");
    }
}

std::string one_line(std::string output) {
    while (!output.empty() && output.back() == '\n') output.pop_back();
    std::ranges::replace(output, '\n', ' ');
    return os::printable(output);
}

void require_done(const os::ProcessResult& result, const std::string& doing) {
    if (result.status == 0) return;
    throw Error(ErrorCode::failed, doing + ": " + one_line(result.output));
}

// An inode takes 256 bytes whether it is used or not: 3% of a small container, where running out of them would hurt
// more than the space, 1.6% of a large disk.
const char* bytes_per_inode(ByteCount size) {
    return size <= kManySmallFiles ? "8192" : "16384";
}

std::vector<std::string> make_command(const FilesystemOptions& options, const std::string& device) {
    const auto uuid = to_string(options.uuid);
    switch (options.kind) {
        case FilesystemKind::ext4:
            return {
                "mkfs.ext4", "-q", "-F", "-b",        "4096", "-I", "256", "-i",          bytes_per_inode(options.size),
                "-m",        "0",  "-E", "nodiscard", "-U",   uuid, "-L",  options.label, device};
        case FilesystemKind::xfs:
            return {"mkfs.xfs", "-q", "-f", "-K", "-m", "uuid=" + uuid, "-L", options.label, device};
        case FilesystemKind::btrfs:
            break;
    }
    return {"mkfs.btrfs", "-q", "-f", "-K", "-m", "dup", "-U", uuid, "-L", options.label, device};
}

bool is_marked_faulty(const std::string& device) {
    const os::Fd fd(open(device.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + device);
    std::array<std::byte, 2> state{};
    os::read_at(fd.get(), kStateOffset, state, device);
    return (std::to_integer<unsigned>(state[0]) & kErrorsDetected) != 0;
}

void require_sound_ext4(const std::vector<std::string>& e2fsck) {
    const auto result = run_tool(FilesystemKind::ext4, e2fsck);
    if (result.status >= kUncorrected)
        throw Error(ErrorCode::damaged,
                    "the filesystem has faults that e2fsck does not repair by itself: " + one_line(result.output),
                    "Make a copy of the volume, then run e2fsck on it by hand.");
}

// resize2fs -P ends in a number of blocks, in whatever language it says so.
ByteCount smallest_ext4(const std::string& device) {
    auto result = run_tool(FilesystemKind::ext4, {"resize2fs", "-P", device});
    require_done(result, "cannot tell how far the filesystem shrinks");
    const auto& text = result.output;
    const auto last = text.find_last_of("0123456789");
    const auto begin = text.find_last_not_of("0123456789", last) + 1;
    std::uint64_t blocks = 0;
    if (last != std::string::npos) std::from_chars(text.data() + begin, text.data() + last + 1, blocks);
    return blocks * kBlock;
}

[[noreturn]] void fail_to_fit(ByteCount size, const std::string& why) {
    throw Error(ErrorCode::no_space, "what the volume holds does not fit into " + to_string(size) + why,
                "Choose a larger size, or remove something from it first.");
}

}  // namespace

const char* to_text(FilesystemKind kind) noexcept {
    switch (kind) {
        case FilesystemKind::ext4:
            return "ext4";
        case FilesystemKind::xfs:
            return "xfs";
        case FilesystemKind::btrfs:
            break;
    }
    return "btrfs";
}

std::optional<FilesystemKind> parse_filesystem_kind(std::string_view text) noexcept {
    for (const auto kind : {FilesystemKind::ext4, FilesystemKind::xfs, FilesystemKind::btrfs})
        if (text == to_text(kind)) return kind;
    return std::nullopt;
}

std::size_t longest_label(FilesystemKind kind) noexcept {
    switch (kind) {
        case FilesystemKind::ext4:
            return 16;
        case FilesystemKind::xfs:
            return 12;
        case FilesystemKind::btrfs:
            break;
    }
    return 255;
}

ByteCount smallest_device(FilesystemKind kind) noexcept {
    switch (kind) {
        case FilesystemKind::ext4:
            return 12 * kMiB;
        case FilesystemKind::xfs:
            return 300 * kMiB;
        case FilesystemKind::btrfs:
            break;
    }
    return 128 * kMiB;
}

void make_filesystem(const std::string& device, const FilesystemOptions& options) {
    const auto command = make_command(options, device);
    require_done(run_tool(options.kind, command), command.front() + " cannot make a filesystem on " + device);
}

void repair_if_marked(FilesystemKind kind, const std::string& device) {
    // xfs and btrfs put themselves right when they are mounted, or not at all.
    if (kind == FilesystemKind::ext4 && is_marked_faulty(device)) require_sound_ext4({"e2fsck", "-p", device});
}

void grow_filesystem(FilesystemKind kind, const std::string& device, const std::string& mount_point) {
    const std::vector<std::string> command =
        kind == FilesystemKind::ext4  ? std::vector<std::string>{"resize2fs", device}
        : kind == FilesystemKind::xfs ? std::vector<std::string>{"xfs_growfs", mount_point}
                                      : std::vector<std::string>{"btrfs", "filesystem", "resize", "max", mount_point};
    require_done(run_tool(kind, command), "the filesystem does not grow");
}

Shrinking shrinking(FilesystemKind kind) noexcept {
    switch (kind) {
        case FilesystemKind::ext4:
            return Shrinking::unmounted;
        case FilesystemKind::xfs:
            return Shrinking::never;
        case FilesystemKind::btrfs:
            break;
    }
    return Shrinking::mounted;
}

void resize_ext4(const std::string& device, ByteCount size) {
    require_sound_ext4({"e2fsck", "-f", "-p", device});
    if (const auto smallest = smallest_ext4(device); size < smallest)
        fail_to_fit(size, ": its filesystem needs " + to_string(smallest));
    const auto blocks = std::to_string(size.value / kBlock.value * 4) + "K";
    require_done(run_tool(FilesystemKind::ext4, {"resize2fs", device, blocks}),
                 "the filesystem does not change its size");
}

void shrink_btrfs(const std::string& mount_point, ByteCount size) {
    const auto result =
        run_tool(FilesystemKind::btrfs,
                 {"btrfs", "filesystem", "resize", std::to_string(size.value / kBlock.value * 4) + "K", mount_point});
    if (result.status != 0) fail_to_fit(size, ": " + one_line(result.output));
}

}  // namespace kist::mount
