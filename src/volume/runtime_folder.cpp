#include "volume/runtime_folder.hpp"

#include "kist/base/error.hpp"

#include <cerrno>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace kist::volume {
namespace {

std::string folder_path() {
    if (geteuid() == 0) return "/run/kist";
    if (!has_runtime_folder())
        throw Error(ErrorCode::failed, "there is no place for an open volume: XDG_RUNTIME_DIR is not set",
                    "A login session sets it. Elsewhere set it to a folder that only you can enter.");
    return std::string(getenv("XDG_RUNTIME_DIR")) + "/kist";
}

}  // namespace

bool has_runtime_folder() {
    const char* const own = getenv("XDG_RUNTIME_DIR");
    return geteuid() == 0 || (own != nullptr && own[0] == '/');
}

os::Directory runtime_folder() {
    const auto path = folder_path();
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw Error::from_errno(errno, "cannot create " + path);
    auto folder = os::Directory::open(path);
    const auto status = folder.own_status();
    if (status.uid != geteuid() || (status.mode & 0077U) != 0)
        throw Error(ErrorCode::failed, path + " must belong to you and be closed to everybody else",
                    "Somebody else made it: look what is in it and remove it.");
    folder.ensure_directory(".plain");
    folder.ensure_directory(".open");
    return folder;
}

os::Directory records_folder() {
    return runtime_folder().open_directory(".open");
}

std::string plaintext_path(const Uuid& luks) {
    return folder_path() + "/.plain/" + to_string(luks);
}

std::string record_path(const Uuid& luks) {
    return folder_path() + "/.open/" + to_string(luks);
}

std::string lock_path(const Uuid& luks) {
    return record_path(luks) + ".lock";
}

std::string default_mount_point(const std::string& label) {
    return folder_path() + "/" + label;
}

}  // namespace kist::volume
