#pragma once
// A disk and its partitions as the kernel (sysfs), libblkid and udev's links describe them at this moment. Names that a
// device gives itself (model, serial, labels) are raw bytes from whoever made it.

#include "kist/base/byte_count.hpp"
#include "kist/block/signature.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::block {

// A whole disk, or a partition of one.
struct Device {
    std::string path;          // /dev/sdb1
    std::string name;          // the kernel's: sdb1
    std::uint64_t number = 0;  // as makedev()
    ByteCount start;           // on the disk
    ByteCount size;
    int partition = 0;  // its number; 0: the whole disk
    bool read_only = false;
    std::string partition_name;         // in a GPT
    std::vector<Signature> signatures;  // all that libblkid finds; none also where the device cannot be read
    std::vector<std::string> by_id;     // names in /dev/disk/by-id, where udev makes them
};

struct Disk {
    Device whole;
    std::vector<Device> partitions;  // by number
    std::string vendor;              // "" where it is not known, also of the next three
    std::string model;
    std::string serial;
    std::string transport;  // "usb", "sata", "nvme", "virtio", "mmc", "loop", "scsi"
    // Another number for each disk that is plugged in, also at the place of the last one; 0 before Linux 5.15.
    std::uint64_t sequence = 0;
    bool removable = false;
    std::uint32_t sector_size = 512;  // the logical one

    // By device number; nullptr: neither the disk nor one of its partitions.
    const Device* find(std::uint64_t number) const noexcept;
};

// The number of the block device at this path (symlinks followed); nullopt: there is none.
std::optional<std::uint64_t> device_number(const std::string& path);

// The disk that this block device is, or is a partition of. No such device: not_found. Another file: usage.
Disk examine_disk(const std::string& path);

// Of a block device that is there.
ByteCount device_size(const std::string& path);

// The kernel still knows a device of this number. False once a disk has been pulled.
bool is_present(std::uint64_t number);

// The serials of all disks that are attached now, "" for those without one.
std::vector<std::string> attached_serials();

}  // namespace kist::block
