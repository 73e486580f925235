#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/boot_entry.hpp"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

namespace kist::volume {
namespace {

constexpr std::uint32_t kAllBits = 07777;

[[noreturn]] void refuse(const std::string& path, const std::string& why, const std::string& hint) {
    throw Error(ErrorCode::usage, "the key file " + os::printable(path) + " cannot open a disk unattended: " + why,
                hint);
}

struct stat status_of_path(const std::string& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) throw Error::from_errno(errno, "cannot look at " + os::printable(path));
    return status;
}

void require_guarded_folder(const std::string& folder) {
    const auto status = status_of_path(folder);
    if (status.st_uid != 0)
        refuse(folder, "this folder does not belong to root, so somebody else could exchange what is in it",
               "Keep it in a folder of root's, such as /etc/kist.");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        refuse(folder, "others than root may write to this folder", "chmod go-w " + os::printable(folder));
}

void require_guarded_file(const std::string& file) {
    const auto status = status_of_path(file);
    const auto mode = status.st_mode & kAllBits;
    if (!S_ISREG(status.st_mode)) refuse(file, "it is not a regular file", "Name a file that holds the key.");
    if (status.st_uid != 0) refuse(file, "it does not belong to root", "chown root " + os::printable(file));
    if (mode != 0400 && mode != 0600)
        refuse(file, "others than root may get at it", "chmod 0400 " + os::printable(file));
    if (status.st_size == 0) refuse(file, "it is empty", "kist key add puts a new key into a file.");
}

std::string canonical_file(const std::string& path) {
    std::error_code error;
    const auto canonical = std::filesystem::canonical(path, error);
    if (error) throw Error::from_errno(error.value(), "cannot find the key file " + os::printable(path));
    return canonical.string();
}

}  // namespace

std::string require_guarded_key_file(const std::string& root, const std::string& path) {
    const auto base = root.empty() ? std::string() : canonical_file(root);
    const auto file = canonical_file(base + (base.empty() || path.starts_with('/') ? "" : "/") + path);
    if (!file.starts_with(base + "/")) refuse(file, "it is not in " + os::printable(base), "Copy it there.");
    require_guarded_file(file);
    for (auto folder = std::filesystem::path(file).parent_path();; folder = folder.parent_path()) {
        require_guarded_folder(folder.string());
        if (folder == (base.empty() ? "/" : base)) break;
    }
    return file.substr(base.size());
}

}  // namespace kist::volume
