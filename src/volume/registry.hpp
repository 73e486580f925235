#pragma once
// The records of open volumes, one small file each in /run/kist/.open, named by LUKS UUID. A record is a memory of what
// was done, not the truth: judge() compares it with the kernel. Its file holds fields `key=value`, each ending in NUL
// (paths may hold any other byte): `tr '\0' '\n'` makes it readable.

#include "kist/os/fd.hpp"
#include "kist/volume/open_volume.hpp"

#include "volume/container.hpp"
#include "volume/mapping_engine.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::volume {

struct Record {
    Identity identity;
    std::string container;
    ContainerId container_id;
    std::string mount_point;
    bool made_mount_point = false;  // removed by close
    EngineKind engine = EngineKind::userspace;
    os::Access access = os::Access::read_write;
    Mapping mapping;
};

// fuse2fs where there is no block device between the engine's file and the mount.
inline MountedBy mounted_by(const Record& record) {
    const bool own_file = record.engine == EngineKind::userspace && record.mapping.loop.empty();
    return own_file ? MountedBy::fuse2fs : MountedBy::kernel;
}

std::string serialize(const Record& record);
std::optional<Record> parse_record(std::string_view text);  // nullopt: not one of ours

// Those of volumes that others have opened (foreign_mapping.hpp) come after Kist's own; they are never written.
std::vector<Record> read_records();
std::optional<Record> read_record(const Uuid& luks);
void write_record(const Record& record);
void erase_record(const Uuid& luks);

// Held while a volume is opened or closed. Somebody else is at it: a busy Error.
os::Fd lock_record(const Uuid& luks);

struct Judgement {
    MappingState mapping = MappingState::gone;
    bool mounted = false;    // this volume's own device, at the record's mount point
    bool unplugged = false;  // the disk with the container has left the machine; what stands on it only fails

    bool is_open() const noexcept { return mounted && mapping == MappingState::whole && !unplugged; }
    bool is_gone() const noexcept { return !mounted && mapping == MappingState::gone; }
};
Judgement judge(const Record& record);

}  // namespace kist::volume
