#include "kist/block/disk.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "block/partition_name.hpp"
#include "block/sysfs.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

namespace kist::block {
namespace {

constexpr ByteCount kSysfsUnit{512};  // of `size` and `start`, whatever the disk's own sectors
constexpr std::size_t kPageHeader = 4;
constexpr const char* kById = "/dev/disk/by-id";

std::vector<std::string> by_id_names(std::uint64_t number) {
    std::vector<std::string> found;
    for (auto& name : names_in(kById))
        if (device_number(fmt::format("{}/{}", kById, name)) == number) found.push_back(std::move(name));
    return found;
}

// A device whose medium is gone or cannot be read holds nothing that anybody could tell.
std::vector<Signature> readable_signatures(const std::string& path) {
    try {
        return probe_all(path);
    } catch (const Error&) {
        return {};
    }
}

Device device_in(const std::string& folder) {
    Device device;
    device.name = last_component(folder);
    device.path = "/dev/" + device.name;
    std::ranges::replace(device.path, '!', '/');  // sysfs's way to write a slash
    device.number = device_number_of(folder);
    device.start = number_attribute(folder, "start").value_or(0) * kSysfsUnit;
    device.size = number_attribute(folder, "size").value_or(0) * kSysfsUnit;
    device.partition = static_cast<int>(number_attribute(folder, "partition").value_or(0));
    device.read_only = number_attribute(folder, "ro").value_or(0) != 0;
    return device;
}

void look_into(Device& device) {
    device.signatures = readable_signatures(device.path);
    device.by_id = by_id_names(device.number);
}

std::string transport_of(const std::string& folder) {
    constexpr std::pair<const char*, const char*> kTraces[] = {
        {"/usb", "usb"},         {"/nvme", "nvme"}, {"/virtio", "virtio"}, {"/mmc_host", "mmc"},
        {"/block/loop", "loop"}, {"/ata", "sata"},  {"/host", "scsi"},
    };
    const auto* const found =
        std::ranges::find_if(kTraces, [&](const auto& trace) { return folder.find(trace.first) != std::string::npos; });
    return found == std::end(kTraces) ? "" : found->second;
}

// The USB device's own, for its bridge may not pass on the disk's.
std::string usb_serial(std::filesystem::path folder) {
    for (; folder.has_relative_path(); folder = folder.parent_path())
        if (attribute(folder.string(), "idVendor")) return attribute(folder.string(), "serial").value_or("");
    return "";
}

std::string serial_of(const std::string& folder) {
    if (transport_of(folder) == "usb")
        if (auto serial = usb_serial(folder); !serial.empty()) return serial;
    for (const char* name : {"serial", "device/serial"})
        if (auto serial = attribute(folder, name).value_or(""); !serial.empty()) return serial;
    const auto page = attribute(folder, "device/vpd_pg80").value_or("");  // SCSI: unit serial number
    // Trimming has taken the leading zero byte of its header, which says that this is a disk.
    const auto serial = page.substr(std::min(page.size(), kPageHeader - 1));
    return serial.substr(std::min(serial.find_first_not_of(' '), serial.size()));
}

std::string first_of(const std::string& folder, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (auto text = attribute(folder, name).value_or(""); !text.empty()) return text;
    return "";
}

std::vector<Device> partitions_in(const std::string& disk_folder) {
    std::vector<Device> partitions;
    for (const auto& name : names_in(disk_folder)) {
        const auto folder = disk_folder + "/" + name;
        if (!attribute(folder, "partition")) continue;
        partitions.push_back(device_in(folder));
        look_into(partitions.back());
    }
    std::ranges::sort(partitions, {}, &Device::partition);
    return partitions;
}

Disk disk_in(const std::string& folder) {
    Disk disk;
    disk.whole = device_in(folder);
    look_into(disk.whole);
    disk.partitions = partitions_in(folder);
    for (auto& partition : disk.partitions)
        partition.partition_name = partition_name(disk.whole.path, partition.partition);
    disk.vendor = attribute(folder, "device/vendor").value_or("");
    if (disk.vendor.starts_with("0x")) disk.vendor.clear();  // a PCI number, of virtio and NVMe
    disk.model = first_of(folder, {"device/model", "device/name"});
    disk.serial = serial_of(folder);
    disk.transport = transport_of(folder);
    disk.sequence = number_attribute(folder, "diskseq").value_or(0);
    disk.removable = number_attribute(folder, "removable").value_or(0) != 0;
    disk.sector_size = static_cast<std::uint32_t>(number_attribute(folder, "queue/logical_block_size").value_or(512));
    return disk;
}

}  // namespace

const Device* Disk::find(std::uint64_t number) const noexcept {
    if (whole.number == number) return &whole;
    const auto found = std::ranges::find(partitions, number, &Device::number);
    return found == partitions.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> device_number(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return std::nullopt;
    return status.st_rdev;
}

Disk examine_disk(const std::string& path) {
    const auto number = device_number(path);
    if (!number && !std::filesystem::exists(path))
        throw Error(ErrorCode::not_found, "there is no " + os::printable(path), "lsblk lists the disks.");
    if (!number) throw Error(ErrorCode::usage, os::printable(path) + " is no disk");
    auto folder = sysfs_folder(*number);
    if (!folder)
        throw Error(ErrorCode::not_found, "there is no disk behind " + os::printable(path), "Has it been pulled?");
    if (attribute(*folder, "partition")) folder = std::filesystem::path(*folder).parent_path().string();
    return disk_in(*folder);
}

ByteCount device_size(const std::string& path) {
    const auto number = device_number(path);
    const auto folder = number ? sysfs_folder(*number) : std::nullopt;
    if (!folder) throw Error(ErrorCode::not_found, "there is no device " + os::printable(path));
    return number_attribute(*folder, "size").value_or(0) * kSysfsUnit;
}

bool is_present(std::uint64_t number) {
    const auto folder = sysfs_folder(number);
    return folder && number_attribute(*folder, "size").value_or(0) > 0;
}

std::vector<std::string> attached_serials() {
    std::vector<std::string> serials;
    for (const auto& name : names_in("/sys/block")) {
        std::error_code error;
        const auto folder = std::filesystem::canonical("/sys/block/" + name, error);
        if (!error && number_attribute(folder.string(), "size").value_or(0) > 0)
            serials.push_back(serial_of(folder.string()));
    }
    return serials;
}

}  // namespace kist::block
