#include "kist/os/rooted_path.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kist::os {
namespace {

Fd open_in_root(const Directory& root, const std::string& path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return Fd(static_cast<int>(syscall(SYS_openat2, root.fd(), path.c_str(), &how, sizeof how)));
}

std::string path_of(const Fd& fd) {
    std::array<char, 4096> path{};
    const auto size = readlink(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), path.data(), path.size());
    if (size < 0 || static_cast<std::size_t>(size) == path.size())
        throw Error::from_errno(size < 0 ? errno : ENAMETOOLONG, "cannot tell where a folder lies");
    return {path.data(), static_cast<std::size_t>(size)};
}

std::string join(const std::string& folder, const std::string& below) {
    if (below.empty()) return folder;
    return folder == "/" ? folder + below : folder + "/" + below;
}

}  // namespace

std::string path_below_root(const std::string& root, const std::string& path) {
    const auto top = Directory::open(root);
    auto existing = path;
    std::string missing;
    for (;;) {
        const auto found = open_in_root(top, existing.empty() ? "/" : existing);
        if (found) {
            const auto next = missing.substr(0, missing.find('/'));
            struct stat status {};
            if (!next.empty() && fstatat(found.get(), next.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
                throw Error(ErrorCode::failed,
                            printable(join(existing, next)) + " is a link that leads nowhere in " + printable(root));
            return join(path_of(found), missing);
        }
        if (errno != ENOENT || existing.empty())
            throw Error::from_errno(errno, "cannot find " + printable(path) + " in " + printable(root));
        const auto slash = existing.rfind('/');
        const auto name = existing.substr(slash == std::string::npos ? 0 : slash + 1);
        existing.resize(slash == std::string::npos ? 0 : slash);
        if (!name.empty()) missing = missing.empty() ? name : name + "/" + missing;
    }
}

}  // namespace kist::os
