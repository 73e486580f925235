#include "browse/tree_status.hpp"

#include <algorithm>

#include <unistd.h>

namespace kist::browse {
namespace {

constexpr std::uint32_t kFolderMode = 0555;
constexpr std::uint32_t kLinkMode = 0777;

os::FileStatus made_status(fuse::NodeNumber number, os::FileType type, std::uint32_t mode, Timestamp time) {
    os::FileStatus status;
    status.type = type;
    status.mode = mode;
    status.uid = geteuid();
    status.gid = getegid();
    status.link_count = 1;
    status.inode = number;
    status.mtime = status.ctime = time;
    return status;
}

}  // namespace

os::FileStatus entry_status(fuse::NodeNumber number, const repository::Entry& entry, std::uint32_t links) {
    const auto& metadata = entry.metadata;
    auto status = made_status(number, metadata.type, metadata.mode, metadata.mtime);
    status.uid = metadata.uid;
    status.gid = metadata.gid;
    status.link_count = links;
    status.ctime = entry.identity.ctime;
    status.special_device = metadata.special_device;
    if (metadata.type == os::FileType::regular) status.size = status.allocated = metadata.size;
    if (metadata.type == os::FileType::symlink) status.size = metadata.symlink_target.size();
    return status;
}

os::FileStatus folder_status(fuse::NodeNumber number, Timestamp time) {
    return made_status(number, os::FileType::directory, kFolderMode, time);
}

os::FileStatus link_status(fuse::NodeNumber number, std::size_t target_length, Timestamp time) {
    auto status = made_status(number, os::FileType::symlink, kLinkMode, time);
    status.size = target_length;
    return status;
}

std::uint64_t allocated_bytes(const repository::Repository& repository, repository::Catalog& catalog,
                              repository::ContentId content, std::uint64_t size) {
    for (const auto& path : catalog.mirror_paths(content, 1)) {
        const auto slash = path.rfind('/');
        const auto folder = repository.mirror().find_below(path.substr(0, slash));
        const auto status = folder ? folder->find_status(path.substr(slash + 1)) : std::nullopt;
        if (status) return std::min(status->allocated, size);
    }
    const auto found = catalog.find_content(content);
    return std::min(found ? found->stored : 0, size);
}

}  // namespace kist::browse
