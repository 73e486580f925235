#pragma once
// One entry of a snapshot, as ls shows it.

#include "kist/repository/entry.hpp"

#include "cli/json_names.hpp"

#include <string>

namespace kist::cli {

// "file", "directory", "symlink", "fifo", "socket", "character-device", "block-device".
const char* kind_text(os::FileType type) noexcept;
// As ls -l: drwxr-xr-x, with s, S, t and T.
std::string mode_text(os::FileType type, std::uint32_t mode);
// Of a file its size, of a device node its numbers, else nothing.
std::string size_text(const repository::Metadata& metadata);
// A line of `kist ls -l`. shown: the name to print, raw bytes.
std::string long_line(const repository::Entry& entry, const std::string& shown);
Json entry_json(const repository::Entry& entry, const std::string& path);

}  // namespace kist::cli
