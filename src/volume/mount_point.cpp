#include "volume/mount_point.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"

#include "volume/runtime_folder.hpp"

#include <cerrno>
#include <filesystem>

#include <sys/stat.h>

namespace kist::volume {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Error(ErrorCode::usage, "cannot mount at " + os::printable(path) + ": " + why,
                "Name an empty folder with --at, or leave it out.");
}

void require_empty_folder(const std::string& path) {
    if (mount::find_mount(path)) refuse(path, "something is mounted there");
    if (!os::Directory::open(path).entries().empty()) refuse(path, "the folder is not empty");
}

std::string canonical_folder(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 && errno == ENOENT) refuse(path, "there is no such folder");
    if (!S_ISDIR(status.st_mode)) refuse(path, "it is not a folder");
    return std::filesystem::canonical(path).string();
}

// A label comes from a header that anybody may have written.
void require_file_name(const std::string& label) {
    if (label.front() == '.' || label.find('/') != std::string::npos)
        refuse(label, "the volume's label cannot be a folder's name");
}

}  // namespace

MountPoint::MountPoint(const std::string& wanted, const std::string& label) {
    const auto folder = runtime_folder();
    if (!wanted.empty()) {
        path_ = canonical_folder(wanted);
        require_empty_folder(path_);
        return;
    }
    require_file_name(label);
    path_ = default_mount_point(label);
    if (folder.find_status(label)) require_empty_folder(path_);
}

bool MountPoint::create() const {
    if (mkdir(path_.c_str(), 0700) == 0) return true;
    if (errno != EEXIST) throw Error::from_errno(errno, "cannot create " + os::printable(path_));
    return false;
}

}  // namespace kist::volume
