#pragma once
// What chattr(1) calls the attributes of a file: immutable, nodump and others that a filesystem may keep of regular
// files and directories. They are bits, FS_*_FL of linux/fs.h, and mean the same on every filesystem. Setting one
// changes the ctime.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::os {

using FileFlags = std::uint32_t;

// Those that somebody sets. Others say how the filesystem stores the file.
inline constexpr FileFlags kSettableFlags = 0x83C4FFU;
// Immutable and append-only: with one of them nothing else of the file can be changed, not even its name.
inline constexpr FileFlags kSealingFlags = 0x30U;
// Compressed, not compressed, not copied on write: they are for what is written afterwards.
inline constexpr FileFlags kStorageFlags = 0x800404U;

// Of an open regular file or directory, the settable ones. nullopt: its filesystem has none.
std::optional<FileFlags> file_flags(int fd);

// Makes the settable flags be exactly these. Returns those that are not as wanted: the filesystem has no such, or the
// caller may not set them. Errors: what else keeps them from being set.
FileFlags set_file_flags(int fd, FileFlags wanted);

// "immutable", "append-only": in the words of chattr(1).
std::vector<std::string> names_of(FileFlags flags);

}  // namespace kist::os
