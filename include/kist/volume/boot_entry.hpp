#pragma once
// What the machine does with a volume's disk when it boots or the disk is plugged in: a line in crypttab(5) and one in
// fstab(5), by UUID, which systemd reads.
//
// Without a key file both lines only describe the disk: nothing waits for it, nobody is asked for a passphrase unless
// somebody starts the mount. With a key file systemd opens and mounts the disk whenever it turns up, at boot or later;
// a key file that does not fit fails without asking. A machine without the disk waits for nothing either way.
//
// The mapping is called as Kist's own engine calls it, so a volume that systemd has opened is open for Kist too.

#include "kist/base/uuid.hpp"
#include "kist/volume/open_volume.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::volume {

struct BootTables {
    std::string crypttab = "/etc/crypttab";
    std::string fstab = "/etc/fstab";

    friend bool operator==(const BootTables&, const BootTables&) = default;
};

struct BootEntry {
    Uuid luks;
    std::string mount_point;          // absolute
    std::string key_file;             // absolute, "": none
    std::string filesystem = "auto";  // its type, where that is known

    friend bool operator==(const BootEntry&, const BootEntry&) = default;
};

enum class BootChange { made, nothing_to_do };

// Adds the volume's lines, or changes those that Kist wrote. Every other byte of the tables stays. Before a table is
// replaced (atomically; the old one is kept as TABLE.kist-backup) findmnt and systemd's generators have read the new
// ones: what they refuse is a failed Error, with nothing changed. A running systemd reads the machine's own tables
// again. What the tables cannot express, a mount point or volume that somebody else's line has: usage.
BootChange add_boot_entry(const BootTables& tables, const BootEntry& entry);

// Takes away the lines that Kist wrote for this volume, wherever they are.
BootChange remove_boot_entry(const BootTables& tables, const Uuid& luks);

struct BootLines {
    Uuid luks;
    std::string crypttab;  // Kist's line, "": there is none
    std::string fstab;
    std::string mount_point;  // as the lines say
    std::string key_file;
    std::string mount_unit;  // systemd's name for the mount
};
std::vector<BootLines> boot_entries(const BootTables& tables);

// A key file that opens disks unattended must be closed to everybody but root: mode 0400 or 0600, root's, and in
// folders that only root can change. Anything else is a usage Error that says what to do. Returns the path without
// symlinks. root: the folder that the file's system is mounted at, "" for this one.
std::string require_guarded_key_file(const std::string& root, const std::string& path);

// Where the volume's decrypted device is mounted now, by whomever; nullopt: nowhere. Needs no rights.
std::optional<std::string> mount_point_of_volume(const Uuid& luks);
// What a boot entry says of a volume that is open now.
std::string filesystem_type_of(const OpenVolume& volume);

}  // namespace kist::volume
