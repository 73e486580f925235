#include "kist/volume/target.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/preparation.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "volume/container.hpp"
#include "volume/disk_use.hpp"
#include "volume/opening.hpp"
#include "volume/partition_name.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace kist::volume {
namespace {

constexpr const char* kHeaderOnly = "kist prepare was interrupted on it: it has a LUKS header, and no backups";
constexpr const char* kPartitionOnly =
    "kist prepare was interrupted on it (or it was erased): it has Kist's partition, but no LUKS header in it";
constexpr const char* kEmptyFile = "it is an empty file";
constexpr const char* kSpaceOnly = "kist prepare was interrupted on it: its space is there, but no LUKS header";

bool has_luks(const block::Device& device) {
    return std::ranges::count(device.signatures, "crypto_LUKS", &block::Signature::type) > 0;
}

std::string unfinished_on(const block::Device& device) {
    if (has_luks(device)) return luks::is_in_preparation(device.path) ? kHeaderOnly : "";
    const bool is_bare = device.signatures.empty() && is_kist_partition(device.partition_name);
    return device.partition != 0 && is_bare ? kPartitionOnly : "";
}

std::string unfinished_on(const block::Disk& disk, const block::Device& device) {
    auto own = unfinished_on(device);
    const bool has_single = device.partition == 0 && disk.partitions.size() == 1;
    return own.empty() && has_single ? unfinished_on(disk.partitions.front()) : own;
}

bool begins_with_marker(const std::string& path) {
    const os::Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    std::string begin(kNewContainerMarker.size(), '\0');
    const auto got = os::read_at(fd.get(), 0, std::as_writable_bytes(std::span(begin)), path);
    return got == begin.size() && begin == kNewContainerMarker;
}

std::string unfinished_in_file(const std::string& path) {
    if (begins_with_marker(path)) return kSpaceOnly;
    return luks::is_in_preparation(path) ? kHeaderOnly : "";
}

Target examine_device(const std::string& path, std::uint64_t number) {
    Target target;
    target.disk = block::examine_disk(path);
    target.number = number;
    const auto& device = target.device();
    clean_up_after({target.disk->whole.number, 0});
    for (const auto& partition : target.disk->partitions) clean_up_after({partition.number, 0});
    target.kind = device.partition == 0 ? TargetKind::disk : TargetKind::partition;
    target.path = device.path;
    target.uses = uses_of(*target.disk, device);
    if (target.uses.empty()) target.unfinished = unfinished_on(*target.disk, device);
    return target;
}

void append_by_id(const block::Device& device, std::vector<std::string>& identifiers) {
    identifiers.insert(identifiers.end(), device.by_id.begin(), device.by_id.end());
}

}  // namespace

bool Target::holds_something() const {
    if (!unfinished.empty()) return true;
    if (!disk) return kind != TargetKind::new_file;
    return !device().signatures.empty() || (kind == TargetKind::disk && !disk->partitions.empty());
}

Target examine_target(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        if (errno != ENOENT) throw Error::from_errno(errno, "cannot look at " + os::printable(path));
        if (path.starts_with("/dev/"))
            throw Error(ErrorCode::not_found, "there is no disk " + os::printable(path), "lsblk lists the disks.");
        return {.kind = TargetKind::new_file, .path = path, .disk = {}, .uses = {}, .unfinished = {}};
    }
    if (S_ISBLK(status.st_mode)) return examine_device(path, status.st_rdev);
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorCode::usage, os::printable(path) + " is neither a file nor a disk",
                    "A folder that something else has mounted is taken by kist adopt.");
    // One that was interrupted before its first write is as good as one that somebody made for the purpose.
    auto unfinished = status.st_size == 0 ? kEmptyFile : unfinished_in_file(path);
    return {.kind = TargetKind::file, .path = path, .disk = {}, .uses = {}, .unfinished = std::move(unfinished)};
}

std::string unfinished_preparation(const std::string& path) {
    if (const auto number = block::device_number(path)) {
        const auto disk = block::examine_disk(path);
        return unfinished_on(disk, *disk.find(*number));
    }
    return unfinished_in_file(path);
}

std::string volume_device(const std::string& path) {
    const auto number = block::device_number(path);
    if (!number) return path;
    const auto disk = block::examine_disk(path);
    if (disk.whole.number != *number || has_luks(disk.whole)) return path;
    if (std::ranges::count_if(disk.partitions, has_luks) != 1) return path;
    return std::ranges::find_if(disk.partitions, has_luks)->path;
}

std::vector<std::string> identifiers_of(const Target& target) {
    std::vector<std::string> identifiers;
    if (target.disk) {
        const auto& disk = *target.disk;
        if (!disk.serial.empty() && std::ranges::count(block::attached_serials(), disk.serial) == 1)
            identifiers.push_back(disk.serial);
        append_by_id(target.device(), identifiers);
        if (target.kind == TargetKind::partition) append_by_id(disk.whole, identifiers);
    }
    if (identifiers.empty()) identifiers.push_back(target.path);
    return identifiers;
}

}  // namespace kist::volume
