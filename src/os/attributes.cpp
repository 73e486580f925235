#include "kist/os/attributes.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace kist::os {
namespace {

[[noreturn]] void fail(const char* doing, std::string_view name) {
    const int error = errno;
    throw Error::from_errno(error, std::string(doing) + " " + printable(name));
}

bool is_kept(std::string_view name) {
    if (name.starts_with("system.")) return name == "system.posix_acl_access" || name == "system.posix_acl_default";
    if (name.starts_with("kist.")) return false;  // the catalog's own
    return name != "security.selinux" && name != "security.ima" && name != "security.evm";
}

// The xattr calls take a path or a descriptor. An O_PATH descriptor is neither, but its /proc/self/fd link is a path
// that leads to the very object, also to a symlink or a device, and cannot be swapped.
class Target {
  public:
    explicit Target(int fd) : fd_(fd) {}
    Target(const Directory& directory, const std::string& name)
        : pinned_(openat(directory.fd(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
        if (!pinned_) fail("cannot look at", name);
        path_ = "/proc/self/fd/" + std::to_string(pinned_.get());
    }

    ssize_t list(char* buffer, std::size_t size) const {
        return path_.empty() ? flistxattr(fd_, buffer, size) : listxattr(path_.c_str(), buffer, size);
    }
    ssize_t get(const char* name, char* buffer, std::size_t size) const {
        return path_.empty() ? fgetxattr(fd_, name, buffer, size) : getxattr(path_.c_str(), name, buffer, size);
    }
    int set(const ExtendedAttribute& attribute) const {
        const auto& [name, value] = attribute;
        return path_.empty() ? fsetxattr(fd_, name.c_str(), value.data(), value.size(), 0)
                             : setxattr(path_.c_str(), name.c_str(), value.data(), value.size(), 0);
    }
    int remove(const char* name) const {
        return path_.empty() ? fremovexattr(fd_, name) : removexattr(path_.c_str(), name);
    }

  private:
    int fd_ = -1;
    Fd pinned_;
    std::string path_;
};

// What `call(buffer, size)` returns, however long it is or becomes between two calls.
template <typename Call>
ssize_t read_growing(std::string& buffer, Call call) {
    for (;;) {
        const auto length = call(buffer.data(), buffer.size());
        if (length >= 0 || errno != ERANGE) return length;
        const auto needed = call(nullptr, 0);
        if (needed < 0) return needed;
        buffer.resize(static_cast<std::size_t>(needed) + 64);
    }
}

ExtendedAttributes read_all(const Target& target) {
    std::array<char, 1024> small;
    std::string names;
    auto length = target.list(small.data(), small.size());
    if (length == 0 || (length < 0 && errno == ENOTSUP)) return {};
    if (length > 0) {
        names.assign(small.data(), static_cast<std::size_t>(length));
    } else if (errno == ERANGE) {
        names.resize(small.size() * 4);
        length = read_growing(names, [&](char* data, std::size_t size) { return target.list(data, size); });
        if (length >= 0) names.resize(static_cast<std::size_t>(length));
    }
    if (length < 0) fail("cannot list", "extended attributes");

    ExtendedAttributes attributes;
    for (std::size_t at = 0; at < names.size();) {
        const std::string name = names.c_str() + at;
        at += name.size() + 1;
        if (!is_kept(name)) continue;
        std::string value(256, '\0');
        const auto size =
            read_growing(value, [&](char* data, std::size_t room) { return target.get(name.c_str(), data, room); });
        if (size < 0 && errno == ENODATA) continue;  // gone since it was listed
        if (size < 0) fail("cannot read extended attribute", name);
        value.resize(static_cast<std::size_t>(size));
        attributes.push_back({name, std::move(value)});
    }
    std::sort(attributes.begin(), attributes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return attributes;
}

// ENOSPC, too, is said of what is larger than a filesystem's attributes can be; a full one refuses the rest of the
// file.
bool is_refusal(int error) {
    return error == EPERM || error == EACCES || error == ENOTSUP || error == EINVAL || error == ENOSPC ||
           error == E2BIG || error == ERANGE;
}

std::vector<std::string> make_exactly(const Target& target, const ExtendedAttributes& wanted) {
    std::vector<std::string> refused;
    const auto present = read_all(target);
    for (const auto& attribute : present) {
        const auto same_name = [&](const auto& other) { return other.name == attribute.name; };
        if (std::any_of(wanted.begin(), wanted.end(), same_name)) continue;
        if (target.remove(attribute.name.c_str()) != 0 && errno != ENODATA && !is_refusal(errno))
            fail("cannot remove extended attribute", attribute.name);
    }
    for (const auto& attribute : wanted) {
        if (std::find(present.begin(), present.end(), attribute) != present.end()) continue;
        if (target.set(attribute) == 0) continue;
        if (!is_refusal(errno)) fail("cannot set extended attribute", attribute.name);
        refused.push_back(attribute.name);
    }
    return refused;
}

std::array<timespec, 2> mtime_only(Timestamp mtime) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(mtime);
    return {timespec{0, UTIME_OMIT}, timespec{seconds.time_since_epoch().count(), (mtime - seconds).count()}};
}

}  // namespace

ExtendedAttributes extended_attributes(int fd) {
    return read_all(Target(fd));
}

ExtendedAttributes extended_attributes(const Directory& directory, const std::string& name) {
    return read_all(Target(directory, name));
}

std::vector<std::string> set_extended_attributes(int fd, const ExtendedAttributes& wanted) {
    return make_exactly(Target(fd), wanted);
}

std::vector<std::string> set_extended_attributes(const Directory& directory, const std::string& name,
                                                 const ExtendedAttributes& wanted) {
    return make_exactly(Target(directory, name), wanted);
}

void set_owner(int fd, std::uint32_t uid, std::uint32_t gid) {
    if (fchown(fd, uid, gid) != 0) fail("cannot set the owner of", "an open file");
}

void set_owner(const Directory& directory, const std::string& name, std::uint32_t uid, std::uint32_t gid) {
    if (fchownat(directory.fd(), name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
        fail("cannot set the owner of", name);
}

void set_mode(int fd, std::uint32_t mode) {
    if (fchmod(fd, mode) != 0) fail("cannot set the mode of", "an open file");
}

void set_mode(const Directory& directory, const std::string& name, std::uint32_t mode) {
    // fchmodat() follows symlinks: pin the object first, and let no symlink through.
    const Fd pinned(openat(directory.fd(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!pinned) fail("cannot look at", name);
    if (status_of(pinned.get()).type == FileType::symlink) return;
    if (chmod(("/proc/self/fd/" + std::to_string(pinned.get())).c_str(), mode) != 0)
        fail("cannot set the mode of", name);
}

void set_mtime(int fd, Timestamp mtime) {
    if (futimens(fd, mtime_only(mtime).data()) != 0) fail("cannot set the time of", "an open file");
}

void set_mtime(const Directory& directory, const std::string& name, Timestamp mtime) {
    if (utimensat(directory.fd(), name.c_str(), mtime_only(mtime).data(), AT_SYMLINK_NOFOLLOW) != 0)
        fail("cannot set the time of", name);
}

}  // namespace kist::os
