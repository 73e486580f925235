#include "volume/runtime_folder.hpp"

#include "kist/base/error.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace kist::volume {
namespace {

const std::string kFolder = "/run/kist";

}  // namespace

os::Directory runtime_folder() {
    if (geteuid() != 0)
        throw Error(ErrorCode::failed, "opening and closing volumes needs root: it mounts a filesystem",
                    "Try again with sudo.");
    if (mkdir(kFolder.c_str(), 0700) != 0 && errno != EEXIST)
        throw Error::from_errno(errno, "cannot create " + kFolder);
    auto folder = os::Directory::open(kFolder);
    const auto status = folder.own_status();
    if (status.uid != 0 || (status.mode & 0077U) != 0)
        throw Error(ErrorCode::failed, kFolder + " must belong to root and be closed to everybody else",
                    "Somebody else made it: look what is in it and remove it.");
    folder.ensure_directory(".plain");
    folder.ensure_directory(".open");
    return folder;
}

os::Directory records_folder() {
    return runtime_folder().open_directory(".open");
}

std::string plaintext_path(const Uuid& luks) {
    return kFolder + "/.plain/" + to_string(luks);
}

std::string record_path(const Uuid& luks) {
    return kFolder + "/.open/" + to_string(luks);
}

std::string lock_path(const Uuid& luks) {
    return record_path(luks) + ".lock";
}

std::string default_mount_point(const std::string& label) {
    return kFolder + "/" + label;
}

}  // namespace kist::volume
