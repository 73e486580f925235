#include "volume/boot_lines.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "volume/mapping_name.hpp"
#include "volume/systemd_names.hpp"
#include "volume/table_text.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::volume {
namespace {

constexpr std::size_t kLongestPath = 1024;

// Starting the mount of a disk that is not there fails after this long.
constexpr const char* kWaitForDisk = "10s";
// For the decrypted device, while somebody types a passphrase.
constexpr const char* kWaitForUnlock = "5min";

std::string device_path(const Uuid& luks) {
    return "/dev/mapper/" + mapping_name(luks);
}

[[noreturn]] void refuse(const std::string& what, const std::string& why, const std::string& hint) {
    throw Error(ErrorCode::usage, what + " " + why, hint);
}

void require_plain_path(const std::string& what, const std::string& path) {
    const auto name = what + " " + os::printable(path);
    if (!path.starts_with('/') || path != std::filesystem::path(path).lexically_normal().string())
        refuse(name, "is not an absolute path without detours", "Give the whole path, without . and .. in it.");
    if (path.size() > kLongestPath) refuse(name, "is too long", "Choose a shorter one.");
    // systemd takes nothing but UTF-8, and readers differ in what a backslash means to them.
    if (os::printable(path) != path)
        refuse(name, "has control characters, backslashes or bytes that are no UTF-8", "Choose a plainer name.");
}

bool is_within(const std::string& path, const std::string& folder) {
    return path == folder || path.starts_with(folder + "/");
}

void require_mount_point(const std::string& path) {
    require_plain_path("the mount point", path);
    if (path == "/" || path.ends_with('/')) refuse("the mount point " + path, "cannot be used", "Name a folder.");
    for (const char* folder : {"/proc", "/sys", "/dev", "/run/kist"})
        if (is_within(path, folder))
            refuse("the mount point " + path, std::string("lies in ") + folder + ", which is the machine's own",
                   "Name another folder, such as /mnt/backup.");
}

// crypttab has no escapes: its readers split at blanks, and systemd takes what follows a colon for a device.
void require_key_file_path(const BootEntry& entry) {
    if (entry.key_file.empty()) return;
    require_plain_path("the key file", entry.key_file);
    if (entry.key_file.find_first_of(" :\\\"'#") != std::string::npos)
        refuse("the key file's path " + entry.key_file, "has a character that crypttab cannot hold (space : \\ \" ' #)",
               "Rename it, or put it elsewhere.");
    if (is_within(entry.key_file, "/dev")) refuse("the key file " + entry.key_file, "lies in /dev", "Use a file.");
    if (is_within(entry.key_file, entry.mount_point))
        refuse("the key file " + entry.key_file, "lies on the disk that it opens",
               "Keep it on the machine's own disk.");
}

std::string crypttab_options(const BootEntry& entry) {
    // One try, with the key file: otherwise one that no longer fits would make systemd ask somebody.
    return fmt::format("luks,noauto,nofail,x-systemd.device-timeout={}{}", kWaitForDisk,
                       entry.key_file.empty() ? "" : ",tries=1,headless=true");
}

std::string fstab_options(const BootEntry& entry) {
    auto options = std::string("noauto,nofail,nosuid,nodev,noexec,noatime");
    if (entry.filesystem.starts_with("ext")) options += ",errors=remount-ro";
    options += fmt::format(",x-systemd.device-timeout={}", kWaitForUnlock);
    if (!entry.key_file.empty())
        options +=
            ",x-systemd.wanted-by=" + systemd_unit_of_path("/dev/disk/by-uuid/" + to_string(entry.luks), "device");
    return options;
}

std::string unquoted(std::string text) {
    std::erase(text, '"');
    return text;
}

bool names_volume(const std::string& field, const Uuid& luks) {
    const auto plain = unquoted(field);
    for (const std::string_view prefix : {"UUID=", "/dev/disk/by-uuid/"})
        if (plain.starts_with(prefix) && parse_uuid(plain.substr(prefix.size())) == luks) return true;
    return false;
}

// "/mnt/a/" is "/mnt/a".
std::string folder_of(const std::string& field) {
    auto path = std::filesystem::path(unescape_table_field(field)).lexically_normal().string();
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

std::string crypttab_line(const BootEntry& entry) {
    return fmt::format("{} UUID={} {} {}", mapping_name(entry.luks), to_string(entry.luks),
                       entry.key_file.empty() ? "none" : entry.key_file, crypttab_options(entry));
}

std::string fstab_line(const BootEntry& entry) {
    return fmt::format("{} {} {} {} 0 2", device_path(entry.luks), escape_table_field(entry.mount_point),
                       entry.filesystem, fstab_options(entry));
}

bool is_crypttab_line_of(const std::vector<std::string>& fields, const Uuid& luks) {
    return fields.size() >= 2 && names_volume(fields[1], luks);
}

bool is_fstab_line_of(const std::vector<std::string>& fields, const Uuid& luks) {
    return fields.size() >= 2 && fields[0] == device_path(luks);
}

void require_expressible(const BootEntry& entry) {
    require_mount_point(entry.mount_point);
    require_key_file_path(entry);
}

void require_no_other_crypttab_line(const std::vector<std::string>& lines, const BootEntry& entry) {
    for (const auto& line : lines)
        if (const auto fields = table_fields(line);
            is_crypttab_line_of(fields, entry.luks) || (!fields.empty() && fields[0] == mapping_name(entry.luks)))
            refuse("crypttab has a line for this volume that Kist did not write:", os::printable(line),
                   "Keep that one, or remove it and run this again.");
}

void require_no_other_fstab_line(const std::vector<std::string>& lines, const BootEntry& entry) {
    for (const auto& line : lines)
        if (const auto fields = table_fields(line);
            fields.size() >= 2 && (folder_of(fields[1]) == entry.mount_point || is_fstab_line_of(fields, entry.luks)))
            refuse("fstab has a line for the same volume or mount point that Kist did not write:", os::printable(line),
                   "Keep that one, or remove it, or choose another mount point with --at.");
}

}  // namespace kist::volume
