#pragma once
// Making, checking and resizing filesystems, by the programs of e2fsprogs, xfsprogs and btrfs-progs. One that is not
// installed is a failed Error that names its package.

#include "kist/base/byte_count.hpp"
#include "kist/base/uuid.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kist::mount {

enum class FilesystemKind { ext4, xfs, btrfs };

const char* to_text(FilesystemKind kind) noexcept;  // also the type to mount
std::optional<FilesystemKind> parse_filesystem_kind(std::string_view text) noexcept;

std::size_t longest_label(FilesystemKind kind) noexcept;  // in bytes
ByteCount smallest_device(FilesystemKind kind) noexcept;  // that a filesystem with some room fits on

struct FilesystemOptions {
    FilesystemKind kind = FilesystemKind::ext4;
    Uuid uuid;
    std::string label;  // at most longest_label() bytes
    ByteCount size;     // of the device: small ones get more inodes for their size
};

// For a disk of backups: nothing reserved for root, times in nanoseconds also on small devices, metadata twice on
// btrfs, nothing discarded. What was on the device is lost.
void make_filesystem(const std::string& device, const FilesystemOptions& options);

// Repairs what can be repaired without asking, where the filesystem says that it has faults. Throws a damaged Error
// where more is needed. Takes no time on a sound filesystem, whose log mount(2) replays.
void repair_if_marked(FilesystemKind kind, const std::string& device);

// To the end of the device, while it is mounted. ext4 needs the right to use reserved resources for that
// (CAP_SYS_RESOURCE), which root in a container may not have: resize_ext4() does without.
void grow_filesystem(FilesystemKind kind, const std::string& device, const std::string& mount_point);

// ext4 shrinks while it is not mounted, btrfs while it is, xfs never.
enum class Shrinking { unmounted, mounted, never };
Shrinking shrinking(FilesystemKind kind) noexcept;
// To `size`, smaller or larger; what does not fit: no_space, and nothing is changed. device: not mounted, and checked
// first.
void resize_ext4(const std::string& device, ByteCount size);
void shrink_btrfs(const std::string& mount_point, ByteCount size);

}  // namespace kist::mount
