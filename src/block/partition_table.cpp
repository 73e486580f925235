#include "kist/block/partition_table.hpp"

#include "kist/base/error.hpp"
#include "kist/block/claims.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "block/kernel_partitions.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <libfdisk/libfdisk.h>

namespace kist::block {
namespace {

constexpr ByteCount kAlignment = kMiB;

struct FreeContext {
    void operator()(fdisk_context* context) const noexcept { fdisk_unref_context(context); }
};
using Context = std::unique_ptr<fdisk_context, FreeContext>;

struct FreePartition {
    void operator()(fdisk_partition* partition) const noexcept { fdisk_unref_partition(partition); }
};
using PartitionEntry = std::unique_ptr<fdisk_partition, FreePartition>;

struct FreeType {
    void operator()(fdisk_parttype* type) const noexcept { fdisk_unref_parttype(type); }
};

void require(int result, const std::string& doing) {
    if (result != 0) throw Error::from_errno(result < 0 ? -result : EINVAL, doing);
}

// fd: the disk, which stays the caller's.
Context open_table(int fd, const std::string& disk) {
    Context context(fdisk_new_context());
    if (!context) throw std::bad_alloc();
    fdisk_disable_dialogs(context.get(), 1);
    require(fdisk_assign_device_by_fd(context.get(), fd, disk.c_str(), 0),
            "cannot read the partition table of " + os::printable(disk));
    return context;
}

std::uint64_t sectors_in(const Context& context, ByteCount size) {
    return size.value / fdisk_get_sector_size(context.get());
}

// Up to the last whole MiB before the table's second copy.
std::uint64_t last_aligned_end(const Context& context) {
    const auto unit = sectors_in(context, kAlignment);
    return (fdisk_get_last_lba(context.get()) + 1) / unit * unit;
}

PartitionEntry single_partition(const Context& context, const std::string& name) {
    PartitionEntry entry(fdisk_new_partition());
    const std::unique_ptr<fdisk_parttype, FreeType> type(
        fdisk_label_parse_parttype(fdisk_get_label(context.get(), nullptr), std::string(kLuksPartitionType).c_str()));
    const auto start = sectors_in(context, kAlignment);
    if (last_aligned_end(context) <= start) throw Error(ErrorCode::no_space, "the disk is too small for a partition");
    fdisk_partition_set_partno(entry.get(), 0);
    fdisk_partition_set_start(entry.get(), start);
    fdisk_partition_set_size(entry.get(), last_aligned_end(context) - start);
    fdisk_partition_set_type(entry.get(), type.get());
    fdisk_partition_set_name(entry.get(), name.c_str());
    return entry;
}

void write_single_partition(int fd, const std::string& disk, const std::string& name) {
    const auto doing = "cannot write a partition table to " + os::printable(disk);
    const auto context = open_table(fd, disk);
    require(fdisk_create_disklabel(context.get(), "gpt"), doing);
    const auto entry = single_partition(context, name);
    require(fdisk_add_partition(context.get(), entry.get(), nullptr), doing);
    require(fdisk_write_disklabel(context.get()), doing);
    os::sync_file(fd, disk);
}

void require_last(const Disk& disk, const Device& partition) {
    if (partition.partition == 0)
        throw Error(ErrorCode::usage, os::printable(partition.path) + " is a whole disk: it has no end to grow to");
    for (const auto& other : disk.partitions)
        if (other.start > partition.start)
            throw Error(ErrorCode::usage,
                        os::printable(partition.path) + " cannot grow: " + os::printable(other.path) + " follows it",
                        "Only the last partition of a disk grows.");
}

// In sectors.
struct Extent {
    std::uint64_t start;
    std::uint64_t size;
};

Extent write_grown(int fd, const Disk& disk, std::size_t index) {
    const auto doing = "cannot write the partition table of " + os::printable(disk.whole.path);
    const auto context = open_table(fd, disk.whole.path);
    fdisk_partition* found = nullptr;
    require(fdisk_get_partition(context.get(), index, &found), doing);
    const PartitionEntry entry(found);
    const Extent old{fdisk_partition_get_start(found), fdisk_partition_get_size(found)};
    const Extent grown{old.start, last_aligned_end(context) - old.start};
    if (last_aligned_end(context) <= old.start + old.size) return old;
    fdisk_partition_set_size(found, grown.size);
    require(fdisk_set_partition(context.get(), index, found), doing);
    require(fdisk_write_disklabel(context.get()), doing);
    os::sync_file(fd, disk.whole.path);
    return grown;
}

}  // namespace

Device make_single_partition(os::Fd claimed, const std::string& disk, const std::string& name) {
    wipe_signatures(claimed.get(), disk);
    write_single_partition(claimed.get(), disk, name);
    reread_partitions(claimed.get(), disk);
    claimed.reset();
    settle(disk);
    const auto made = examine_disk(disk);
    if (made.partitions.size() != 1)
        throw Error(ErrorCode::failed, "the kernel does not show the new partition of " + os::printable(disk),
                    "Pull the disk and plug it in again, then prepare it once more.");
    const auto partition_claim = claim(made.partitions.front().path);
    wipe_signatures(partition_claim.get(), made.partitions.front().path);
    return made.partitions.front();
}

Device grow_to_end(const std::string& partition) {
    const auto number = device_number(partition).value_or(0);
    const auto disk = examine_disk(partition);
    const auto* const device = disk.find(number);
    require_last(disk, *device);
    const os::Fd fd(open(disk.whole.path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(disk.whole.path));
    const auto extent = write_grown(fd.get(), disk, static_cast<std::size_t>(device->partition - 1));
    const ByteCount unit{disk.sector_size};
    tell_kernel_of_size(fd.get(), disk.whole.path, device->partition, extent.start * unit, extent.size * unit);
    settle(disk.whole.path);
    const auto grown = examine_disk(disk.whole.path);
    return *grown.find(number);
}

}  // namespace kist::block
