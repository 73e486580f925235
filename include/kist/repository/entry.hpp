#pragma once
// What the catalog knows of one name: see doc/format.md, "Catalog".

#include "kist/base/timestamp.hpp"
#include "kist/os/attributes.hpp"
#include "kist/os/file_flags.hpp"
#include "kist/os/file_status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace kist::repository {

using EntryId = std::int64_t;
using ContentId = std::int64_t;
using SourceId = std::int64_t;
using SnapshotNumber = std::int64_t;
// A directory's identity, which a rename keeps, or a hard-link group's: names of one snapshot with one NodeId are one
// file.
using NodeId = std::int64_t;

// What a restore brings back, beside the content.
struct Metadata {
    os::FileType type = os::FileType::regular;
    std::uint32_t mode = 0;  // 07777
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string user;   // the owner's name when it was read, empty where the number had none
    std::string group;  // likewise
    std::uint64_t size = 0;
    Timestamp mtime;
    std::uint64_t special_device = 0;  // of device nodes, as makedev()
    bool has_holes = false;
    std::string symlink_target;
    os::ExtendedAttributes attributes;
    os::FileFlags flags = 0;  // of regular files and directories; latest/ does not have them

    friend bool operator==(const Metadata&, const Metadata&) = default;
};

// By what the next run recognises the file in the source without reading it.
struct SourceIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    Timestamp ctime;
    std::optional<Timestamp> birth_time;
    bool unsettled = false;  // changed within two seconds of being read: to be read again next time

    friend bool operator==(const SourceIdentity&, const SourceIdentity&) = default;
};

struct Entry {
    EntryId id = 0;
    SourceId source = 0;
    NodeId directory = 0;  // the parent; of a source's root: minus the SourceId
    std::string name;      // raw bytes; of a source's root: its absolute path
    SnapshotNumber first = 0;
    std::optional<SnapshotNumber> last;  // nullopt: it still stands
    std::optional<NodeId> node;          // of directories, and of files with more than one name
    Metadata metadata;
    SourceIdentity identity;
    std::optional<ContentId> content;  // of regular files
    std::uint64_t mirror_inode = 0;    // of the plain file or folder in latest/
};

}  // namespace kist::repository
