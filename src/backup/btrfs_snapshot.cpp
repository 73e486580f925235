#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/subvolume.hpp"

#include "backup/source_snapshot.hpp"

#include <string_view>

#include <fmt/format.h>

namespace kist::backup {
namespace {

constexpr std::string_view kPrefix = ".kist-snapshot-";

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string find_subvolume(const std::string& folder) {
    const auto device = os::Directory::open(folder).own_status().device;
    for (auto path = folder;; path = parent_of(path)) {
        const auto directory = os::Directory::open(path);
        if (directory.own_status().device != device) break;
        if (os::is_subvolume_root(directory)) return path;
        if (path == "/") break;
    }
    throw Error(ErrorCode::failed,
                fmt::format("{} lies in no btrfs subvolume whose root can be seen", os::printable(folder)));
}

// path, relative to the folder above it.
std::string below(const std::string& path, const std::string& above) {
    const auto rest = path.substr(above.size());
    return rest.starts_with('/') ? rest.substr(1) : rest;
}

// Of runs that were killed. One that is in use is locked.
void remove_leftovers(const os::Directory& subvolume) {
    for (const auto& entry : subvolume.entries()) {
        if (!entry.name.starts_with(kPrefix) || !parse_uuid(entry.name.substr(kPrefix.size()))) continue;
        const auto leftover = subvolume.find_directory(entry.name);
        if (leftover && os::is_subvolume_root(*leftover) && os::is_read_only_subvolume(*leftover) &&
            os::try_lock_folder(*leftover, os::FolderLock::exclusive))
            os::remove_subvolume(subvolume, entry.name);
    }
}

class SubvolumeSnapshot : public SourceSnapshot {
  public:
    explicit SubvolumeSnapshot(const std::string& folder)
        : subvolume_path_(find_subvolume(folder)), name_(std::string(kPrefix) + to_string(random_uuid())) {
        subvolume_ = os::Directory::open(subvolume_path_);
        remove_leftovers(*subvolume_);
        begun_ = SystemClock().now();
        os::create_read_only_snapshot(*subvolume_, *subvolume_, name_);
        try {
            root_ = subvolume_->open_directory(name_);
            os::try_lock_folder(*root_, os::FolderLock::shared);
            folder_ = root_->open_below(below(folder, subvolume_path_));
            device_ = root_->own_status().device;
            live_device_ = subvolume_->own_status().device;
        } catch (const Error&) {
            os::remove_subvolume(*subvolume_, name_);
            throw;
        }
    }

    ~SubvolumeSnapshot() override {
        try {
            os::remove_subvolume(*subvolume_, name_);
        } catch (const Error&) {  // the next run tries again
        }
    }

    void require_whole() const override {
        const auto status = subvolume_->find_status(name_);
        if (!status || status->device != device_)
            throw Error(ErrorCode::failed, "the snapshot of the source was removed while it was read", "Run it again.");
    }

  private:
    std::string subvolume_path_;
    std::string name_;
    std::optional<os::Directory> subvolume_;
    std::optional<os::Directory> root_;  // of the snapshot; holds its lock
};

}  // namespace

std::unique_ptr<SourceSnapshot> snapshot_of_subvolume(const std::string& folder) {
    return std::make_unique<SubvolumeSnapshot>(folder);
}

}  // namespace kist::backup
