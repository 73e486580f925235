#include "kist/os/guarded_path.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <cerrno>
#include <deque>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

namespace kist::os {
namespace {

constexpr int kMostLinks = 40;  // as the kernel's

[[noreturn]] void refuse(const std::string& path, const std::string& at, const std::string& why,
                         const std::string& remedy) {
    const auto where = at == path ? "it " + why : fmt::format("{} {}", printable(at), why);
    throw Error(ErrorCode::usage, fmt::format("root does not trust {}: {}", printable(path), where),
                fmt::format("{} {}", remedy, printable(at)));
}

// The names that are still to be followed.
class Trail {
  public:
    explicit Trail(const std::string& path) { follow(path); }

    bool is_done() const { return names_.empty(); }

    std::string take() {
        auto name = std::move(names_.front());
        names_.pop_front();
        return name;
    }

    void follow(const std::string& path) {
        std::deque<std::string> names;
        for (std::size_t at = 0; at < path.size();) {
            const auto end = std::min(path.find('/', at), path.size());
            if (end > at && path.compare(at, end - at, ".") != 0) names.push_back(path.substr(at, end - at));
            at = end + 1;
        }
        names_.insert(names_.begin(), names.begin(), names.end());
    }

  private:
    std::deque<std::string> names_;
};

void require_root_owned(const struct stat& status, const std::string& path, const std::string& at) {
    if (status.st_uid != 0) refuse(path, at, "does not belong to root", "chown root");
}

void require_guarded_folder(const struct stat& status, const std::string& path, const std::string& at) {
    require_root_owned(status, path, at);
    const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (others_write && (status.st_mode & S_ISVTX) == 0)
        refuse(path, at, "may be written to by others than root", "chmod go-w");
}

void require_guarded_file(const struct stat& status, const std::string& path, const std::string& at) {
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorCode::usage, fmt::format("{} is not a regular file", printable(path)));
    require_root_owned(status, path, at);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        refuse(path, at, "may be written to by others than root", "chmod go-w");
}

struct stat status_at(const std::string& at, const std::string& path) {
    struct stat status {};
    if (lstat(at.c_str(), &status) != 0) throw Error::from_errno(errno, "cannot look at " + printable(path));
    return status;
}

}  // namespace

std::string require_guarded(const std::string& path) {
    const auto absolute = std::filesystem::absolute(path).string();
    Trail trail(absolute);
    std::string folder;  // without links; "" is the root
    require_guarded_folder(status_at("/", absolute), absolute, "/");
    for (int links = 0; !trail.is_done();) {
        const auto name = trail.take();
        if (name == "..") {
            folder.resize(std::min(folder.rfind('/'), folder.size()));
            continue;
        }
        const auto at = folder + "/" + name;
        const auto status = status_at(at, absolute);
        if (S_ISLNK(status.st_mode)) {
            require_root_owned(status, absolute, at);
            if (++links > kMostLinks) throw Error::from_errno(ELOOP, "cannot follow " + printable(absolute));
            const auto target = std::filesystem::read_symlink(at).string();
            if (target.starts_with('/')) folder.clear();
            trail.follow(target);
        } else if (S_ISDIR(status.st_mode)) {
            require_guarded_folder(status, absolute, at);
            folder = at;
        } else if (trail.is_done()) {
            require_guarded_file(status, absolute, at);
            return at;
        } else {
            throw Error::from_errno(ENOTDIR, "cannot look at " + printable(absolute));
        }
    }
    throw Error(ErrorCode::usage, fmt::format("{} is a folder", printable(absolute)));
}

}  // namespace kist::os
