#include "cli/boot_tables.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <filesystem>

namespace kist::cli {

volume::BootTables boot_tables(const std::string& root) {
    if (root.empty()) return {};
    std::error_code error;
    const auto folder = std::filesystem::canonical(root, error);
    if (error || !std::filesystem::is_directory(folder / "etc"))
        throw Error(ErrorCode::usage, os::printable(root) + " holds no system: there is no folder etc in it",
                    "Mount the system's root filesystem there.");
    if (folder == "/") return {};
    return {.crypttab = folder / "etc/crypttab", .fstab = folder / "etc/fstab"};
}

std::string usual_mount_point(const volume::BootTables& tables, const Uuid& luks, const std::string& label) {
    for (const auto& known : volume::boot_entries(tables))
        if (known.luks == luks && !known.mount_point.empty()) return known.mount_point;
    const bool is_name =
        !label.empty() && label.front() != '.' && label.find('/') == std::string::npos && os::printable(label) == label;
    if (!is_name)
        throw Error(ErrorCode::usage, "the volume has no label that could be the name of its mount point",
                    "Name the mount point, such as /mnt/backup.");
    return "/mnt/" + label;
}

std::string canonical_mount_point(const std::string& given, const std::string& root) {
    auto path = std::filesystem::absolute(given).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    if (!root.empty()) return path.string();
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(path, error);
    if (std::filesystem::exists(canonical, error) && !std::filesystem::is_directory(canonical, error))
        throw Error(ErrorCode::usage, os::printable(given) + " is not a folder", "Name another mount point.");
    return error ? path.string() : canonical.string();
}

}  // namespace kist::cli
