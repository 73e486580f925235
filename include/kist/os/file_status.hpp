#pragma once
// What statx(2) says of one name, without following a symlink.

#include "kist/base/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace kist::os {

enum class FileType : std::uint8_t { regular, directory, symlink, fifo, socket, character_device, block_device };

struct FileStatus {
    FileType type = FileType::regular;
    std::uint32_t mode = 0;  // permission bits with setuid, setgid and sticky: 07777
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t link_count = 0;
    std::uint64_t size = 0;
    std::uint64_t allocated = 0;  // bytes on disk: less than size where there are holes
    std::uint64_t device = 0;     // the filesystem, as makedev()
    std::uint64_t inode = 0;
    std::uint64_t special_device = 0;  // of a device node, as makedev()
    Timestamp mtime;
    Timestamp ctime;
    std::optional<Timestamp> birth_time;  // where the filesystem keeps one
    bool is_mount_root = false;
    bool is_no_dump = false;  // chattr +d, where the filesystem tells
};

}  // namespace kist::os
