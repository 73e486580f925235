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

}  // namespace kist::cli
