#include "kist/os/directory.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"

#include "os/statx.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kist::os {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

[[noreturn]] void fail(const char* doing, std::string_view name) {
    const int error = errno;
    throw Error::from_errno(error, std::string(doing) + " " + printable(name));
}

bool is_absence(int error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

// A folder of an ordinary user may be closed to himself.
Directory open_for_removal(const Directory& parent, const std::string& name) {
    const auto status = parent.status(name);
    if (geteuid() != 0 && status.type == FileType::directory && (status.mode & S_IRWXU) != S_IRWXU) {
        try {
            set_mode(parent, name, status.mode | S_IRWXU);
        } catch (const Error&) {  // what cannot be removed says why
        }
    }
    return parent.open_directory(name);
}

bool has_dot_dot(std::string_view path) {
    return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
           path.find("/../") != std::string_view::npos;
}

std::vector<std::string> names_of(std::string_view path) {
    if (has_dot_dot(path)) throw Error(ErrorCode::failed, "refusing a path with .. in it: " + printable(path));
    std::vector<std::string> names;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto name = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (!name.empty() && name != ".") names.emplace_back(name);
    }
    return names;
}

struct LinuxDirent {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
};
constexpr std::size_t kDirentNameOffset = 19;  // linux_dirent64: the name follows the type without padding

std::uint32_t type_bits(FileType type) {
    switch (type) {
        case FileType::fifo:
            return S_IFIFO;
        case FileType::socket:
            return S_IFSOCK;
        case FileType::character_device:
            return S_IFCHR;
        case FileType::block_device:
            return S_IFBLK;
        default:
            return S_IFREG;
    }
}

}  // namespace

Directory Directory::open(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) fail("cannot open directory", path);
    return Directory(std::move(fd));
}

std::optional<Directory> Directory::find_below(std::string_view path) const {
    // One call where the kernel can (openat2(2), Linux 5.6) and the path is short enough; else name by name.
    if (path.size() < PATH_MAX && !path.empty() && !has_dot_dot(path)) {
        open_how how{};
        how.flags = kDirectoryFlags;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        Fd fd(static_cast<int>(syscall(SYS_openat2, fd_.get(), std::string(path).c_str(), &how, sizeof how)));
        if (fd) return Directory(std::move(fd));
        if (is_absence(errno)) return std::nullopt;
        if (errno != ENOSYS && errno != EAGAIN && errno != EPERM) fail("cannot open directory", path);
    }
    auto current = duplicate();
    for (const auto& name : names_of(path)) {
        auto next = current.find_directory(name);
        if (!next) return std::nullopt;
        current = std::move(*next);
    }
    return current;
}

Directory Directory::ensure_below(std::string_view path, std::uint32_t mode) const {
    if (auto found = find_below(path)) return std::move(*found);
    auto current = duplicate();
    for (const auto& name : names_of(path)) current = current.ensure_directory(name, mode);
    return current;
}

Directory Directory::open_below(std::string_view path) const {
    auto found = find_below(path);
    if (!found) fail("cannot open directory", path);
    return std::move(*found);
}

Directory Directory::duplicate() const {
    Fd fd(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    if (!fd) fail("cannot duplicate a descriptor of", "a directory");
    return Directory(std::move(fd));
}

std::vector<DirectoryEntry> Directory::entries() const {
    // A descriptor of its own: the reading position belongs to the open file description.
    Fd fd(openat(fd_.get(), ".", kDirectoryFlags));
    if (!fd) fail("cannot read directory", ".");
    std::vector<DirectoryEntry> found;
    alignas(LinuxDirent) std::array<char, 32768> buffer;
    for (;;) {
        const auto got = syscall(SYS_getdents64, fd.get(), buffer.data(), buffer.size());
        if (got < 0) fail("cannot read directory", ".");
        if (got == 0) return found;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            LinuxDirent head{};
            std::memcpy(&head, &buffer[at], kDirentNameOffset);
            const char* name = &buffer[at + kDirentNameOffset];
            if (std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0) found.push_back({name, head.inode});
            at += head.length;
        }
    }
}

FileStatus Directory::own_status() const {
    return status_of(fd_.get());
}

FileStatus Directory::status(const std::string& name) const {
    const auto status = try_statx(fd_.get(), name.c_str());
    if (!status) fail("cannot look at", name);
    return *status;
}

std::optional<FileStatus> Directory::find_status(const std::string& name) const {
    const auto status = try_statx(fd_.get(), name.c_str());
    if (!status && !is_absence(errno)) fail("cannot look at", name);
    return status;
}

Directory Directory::open_directory(const std::string& name) const {
    Fd fd(openat(fd_.get(), name.c_str(), kDirectoryFlags));
    if (!fd) fail("cannot open directory", name);
    return Directory(std::move(fd));
}

std::optional<Directory> Directory::find_directory(const std::string& name) const {
    Fd fd(openat(fd_.get(), name.c_str(), kDirectoryFlags));
    if (fd) return Directory(std::move(fd));
    if (!is_absence(errno)) fail("cannot open directory", name);
    return std::nullopt;
}

Fd Directory::open_file(const std::string& name) const {
    Fd fd(openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!fd) fail("cannot open", name);
    return fd;
}

std::optional<Fd> Directory::find_file(const std::string& name) const {
    Fd fd(openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (fd) return fd;
    if (!is_absence(errno)) fail("cannot open", name);
    return std::nullopt;
}

Fd Directory::open_file_for_writing(const std::string& name, Create create, std::uint32_t mode) const {
    const int flags =
        O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (create == Create::exclusive ? O_CREAT | O_EXCL : 0);
    Fd fd(openat(fd_.get(), name.c_str(), flags, mode));
    if (!fd) fail(create == Create::exclusive ? "cannot create" : "cannot open for writing", name);
    return fd;
}

std::string Directory::read_link(const std::string& name) const {
    std::string target(256, '\0');
    for (;;) {
        const auto length = readlinkat(fd_.get(), name.c_str(), target.data(), target.size());
        if (length < 0) fail("cannot read link", name);
        if (static_cast<std::size_t>(length) < target.size()) {
            target.resize(static_cast<std::size_t>(length));
            return target;
        }
        target.resize(target.size() * 2);
    }
}

Directory Directory::create_directory(const std::string& name, std::uint32_t mode) const {
    if (mkdirat(fd_.get(), name.c_str(), mode) != 0) fail("cannot create directory", name);
    return open_directory(name);
}

Directory Directory::ensure_directory(const std::string& name, std::uint32_t mode) const {
    if (mkdirat(fd_.get(), name.c_str(), mode) != 0 && errno != EEXIST) fail("cannot create directory", name);
    return open_directory(name);
}

void Directory::create_symlink(const std::string& name, const std::string& target) const {
    if (symlinkat(target.c_str(), fd_.get(), name.c_str()) != 0) fail("cannot create symlink", name);
}

void Directory::create_node(const std::string& name, FileType type, std::uint64_t special_device) const {
    if (mknodat(fd_.get(), name.c_str(), type_bits(type) | 0600U, special_device) != 0)
        fail("cannot create special file", name);
}

void Directory::create_link(const std::string& name, const Directory& target_directory,
                            const std::string& target) const {
    if (linkat(target_directory.fd(), target.c_str(), fd_.get(), name.c_str(), 0) != 0)
        fail("cannot create hard link", name);
}

void Directory::rename(const std::string& name, const Directory& to, const std::string& to_name) const {
    if (renameat2(fd_.get(), name.c_str(), to.fd(), to_name.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno != EINVAL) fail("cannot rename", name);
    // Filesystems without that flag: those of libfuse 2, and some network ones.
    if (to.find_status(to_name)) throw Error::from_errno(EEXIST, "cannot rename " + printable(name));
    rename_replacing(name, to, to_name);
}

void Directory::rename_replacing(const std::string& name, const Directory& to, const std::string& to_name) const {
    if (renameat(fd_.get(), name.c_str(), to.fd(), to_name.c_str()) != 0) fail("cannot rename", name);
}

void Directory::remove_file(const std::string& name) const {
    if (unlinkat(fd_.get(), name.c_str(), 0) != 0) fail("cannot remove", name);
}

void Directory::remove_directory(const std::string& name) const {
    if (unlinkat(fd_.get(), name.c_str(), AT_REMOVEDIR) != 0) fail("cannot remove directory", name);
}

void Directory::remove_tree(const std::string& name) const {
    if (unlinkat(fd_.get(), name.c_str(), 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR && errno != EPERM) fail("cannot remove", name);
    {
        const auto directory = open_for_removal(*this, name);
        for (const auto& entry : directory.entries()) directory.remove_tree(entry.name);
    }
    remove_directory(name);
}

FileStatus status_of(int fd) {
    const auto status = try_statx(fd, "");
    if (!status) fail("cannot look at", "an open file");
    return *status;
}

}  // namespace kist::os
