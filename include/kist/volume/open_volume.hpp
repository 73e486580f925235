#pragma once
// The volumes that are open on this machine. A volume stays open when the process that opened it has ended; what is
// open is remembered in /run/kist and checked against the kernel's mount table and the living engine on every look.
// Everything here needs root.

#include "kist/base/uuid.hpp"
#include "kist/os/access.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::volume {

struct Identity {
    Uuid luks;
    Uuid filesystem;
    std::string label;

    friend bool operator==(const Identity&, const Identity&) = default;
};

enum class EngineKind { dm_crypt, userspace };

enum class MountedBy {
    kernel,
    fuse2fs,  // an ordinary user's: no journal, so e2fsck repairs it after a crash; some metadata stays in the catalog
};

enum class VolumeState {
    open,
    broken,     // its engine has died or an opening was interrupted: close() cleans up, and so does the next open()
    unplugged,  // its disk has been pulled out: as broken, and the disk may come back under another device's name
};

struct OpenVolume {
    Identity identity;
    std::string container;    // absolute path of the file or device when it was opened
    std::string mount_point;  // absolute
    VolumeState state = VolumeState::open;
    EngineKind engine = EngineKind::userspace;
    os::Access access = os::Access::read_write;
    int engine_pid = 0;  // 0: dm-crypt
    MountedBy mounted_by = MountedBy::kernel;
};

std::vector<OpenVolume> list_open();

// name: the path of a container or device, a mount point, a LUKS UUID or a label. nullopt: no such volume is open. A
// label that several open volumes have is a usage Error that lists them.
std::optional<OpenVolume> find(std::string_view name);

struct CloseSummary {
    // What was written last may be missing; the filesystem itself recovers when opened.
    bool engine_had_died = false;
    bool had_been_unplugged = false;
    std::string still_used_by;  // "bash (process 812)"; only after a lazy close, "" where nobody was seen
};

enum class CloseMode {
    complete,  // in use: a busy Error that names the processes, and the volume stays open
    lazy,      // the mount point goes at once, the rest with its last user; until then the volume cannot be opened
};

// Flushes, unmounts, takes the decrypted device away and waits until the container is written. What is gone already is
// passed over, so closing a closed volume is success. Data that could not be flushed: a failed Error after everything
// is closed.
CloseSummary close(const OpenVolume& volume, CloseMode mode = CloseMode::complete);

}  // namespace kist::volume
