#include "block/kernel_partitions.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/partition_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/process.hpp"

#include "block/sysfs.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include <blkid/blkid.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::block {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5000ms;
constexpr auto kPause = 50ms;
constexpr const char* kUdevTimeout = "--timeout=30";

struct FreeProbe {
    void operator()(blkid_probe probe) const noexcept { blkid_free_probe(probe); }
};

bool change_partition(int fd, int operation, blkpg_partition partition) {
    blkpg_ioctl_arg request{};
    request.op = operation;
    request.datalen = sizeof partition;
    request.data = &partition;
    return ioctl(fd, BLKPG, &request) == 0;
}

blkpg_partition described(int number, ByteCount start, ByteCount size) {
    blkpg_partition partition{};
    partition.pno = number;
    partition.start = static_cast<long long>(start.value);
    partition.length = static_cast<long long>(size.value);
    return partition;
}

// What BLKRRPART does, on devices where the kernel does not do it.
void replace_partitions_by_hand(int fd, const std::string& disk) {
    const auto doing = "cannot tell the kernel of the new partitions of " + os::printable(disk);
    for (const auto& old : examine_disk(disk).partitions)
        if (!change_partition(fd, BLKPG_DEL_PARTITION, described(old.partition, {}, {})))
            throw Error::from_errno(errno, doing);
    const std::unique_ptr<blkid_struct_probe, FreeProbe> probe(blkid_new_probe());
    if (!probe || blkid_probe_set_device(probe.get(), fd, 0, 0) != 0) throw Error(ErrorCode::failed, doing);
    auto* const table = blkid_probe_get_partitions(probe.get());
    const int count = table == nullptr ? 0 : blkid_partlist_numof_partitions(table);
    for (int i = 0; i < count; ++i) {
        auto* const entry = blkid_partlist_get_partition(table, i);
        const ByteCount unit{512};  // libblkid's, whatever the disk's sectors
        const auto partition = described(blkid_partition_get_partno(entry),
                                         static_cast<std::uint64_t>(blkid_partition_get_start(entry)) * unit,
                                         static_cast<std::uint64_t>(blkid_partition_get_size(entry)) * unit);
        if (!change_partition(fd, BLKPG_ADD_PARTITION, partition)) throw Error::from_errno(errno, doing);
    }
}

// devtmpfs makes nodes; where /dev is an ordinary folder, as in many containers, nobody does.
void make_missing_nodes(const std::string& folder) {
    const auto make = [](const std::string& device_folder) {
        const auto path = "/dev/" + std::string(last_component(device_folder));
        const auto number = device_number_of(device_folder);
        if (device_number(path) == number) return;
        unlink(path.c_str());
        mknod(path.c_str(), S_IFBLK | S_IRUSR | S_IWUSR, number);
    };
    for (const auto& name : names_in(folder))
        if (attribute(folder + "/" + name, "partition")) make(folder + "/" + name);
}

}  // namespace

void reread_partitions(int fd, const std::string& disk) {
    for (auto left = kPatience;; left -= kPause) {
        if (ioctl(fd, BLKRRPART) == 0) return;
        if (errno == EINVAL) return replace_partitions_by_hand(fd, disk);
        if (errno != EBUSY || left <= 0ms)
            throw Error::from_errno(errno, "the kernel does not take the new partition table of " + os::printable(disk),
                                    "Pull the disk and plug it in again, then prepare it once more.");
        std::this_thread::sleep_for(kPause);  // udev looks at what was written
    }
}

void tell_kernel_of_size(int fd, const std::string& disk, int partition, ByteCount start, ByteCount size) {
    if (!change_partition(fd, BLKPG_RESIZE_PARTITION, described(partition, start, size)))
        throw Error::from_errno(errno,
                                "cannot tell the kernel of the new size of a partition of " + os::printable(disk),
                                "Pull the disk and plug it in again.");
}

void settle(const std::string& disk) {
    if (access("/run/udev/control", F_OK) == 0) os::run({"udevadm", "settle", kUdevTimeout});
    const auto number = device_number(disk);
    if (const auto folder = number ? sysfs_folder(*number) : std::nullopt) make_missing_nodes(*folder);
}

}  // namespace kist::block
