#pragma once
// What `prepare` would be let loose on: looked at before anything is asked or written.

#include "kist/block/disk.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::volume {

enum class TargetKind { new_file, file, disk, partition };

struct Target {
    TargetKind kind = TargetKind::new_file;
    std::string path;                 // a device's own (/dev/sdb), whatever link led to it
    std::optional<block::Disk> disk;  // of a disk or partition
    std::uint64_t number = 0;         // of the device

    // Sentences. Anything in `uses` forbids to write to it, whoever asks.
    std::vector<std::string> uses;
    // How far an earlier preparation has got that did not end; "" where there is none.
    std::string unfinished;

    // Signatures, partitions, or an unfinished preparation.
    bool holds_something() const;
    const block::Device& device() const { return *disk->find(number); }
};

// What an interrupted command has left of a volume there is taken down first. A file that does not exist is a new_file.
// Errors: usage for what is no disk, partition or regular file.
Target examine_target(const std::string& path);

// How far a preparation has got that was interrupted, in a device or container file; "": none was.
std::string unfinished_preparation(const std::string& path);

// Where the LUKS header of the volume is: in the single LUKS partition of a disk without a header of its own, else in
// what the path names.
std::string volume_device(const std::string& path);

// What names the target beyond doubt, for unattended use: the disk's serial, unless another disk that is attached now
// has the same one, and its names in /dev/disk/by-id; the path where there is neither, and for a file.
std::vector<std::string> identifiers_of(const Target& target);

}  // namespace kist::volume
