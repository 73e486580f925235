#include "kist/selection/limits.hpp"

#include "kist/os/file.hpp"

#include <optional>
#include <span>

namespace kist::selection {
namespace {

constexpr std::string_view kCacheTag = "CACHEDIR.TAG";
constexpr std::string_view kCacheSignature = "Signature: 8a477f597d28d172789f06886806bc55";

bool is_cache(const os::Directory& directory) {
    const auto tag = directory.find_file(std::string(kCacheTag));
    if (!tag || os::status_of(tag->get()).type != os::FileType::regular) return false;
    std::string begin(kCacheSignature.size(), '\0');
    os::read_at(tag->get(), 0, std::as_writable_bytes(std::span(begin)), kCacheTag);
    return begin == kCacheSignature;
}

}  // namespace

Limit limit_of(const Boundaries& boundaries, const os::FileStatus& status) {
    if (boundaries.no_nodump && status.is_no_dump) return Limit::nodump;
    if (status.type != os::FileType::regular) return Limit::none;
    if (boundaries.largest && status.size > boundaries.largest->value) return Limit::largest;
    if (boundaries.smallest && status.size < boundaries.smallest->value) return Limit::smallest;
    if (boundaries.newer_than && status.mtime <= *boundaries.newer_than) return Limit::newer_than;
    if (boundaries.older_than && status.mtime >= *boundaries.older_than) return Limit::older_than;
    return Limit::none;
}

FolderLimit limit_in(const Boundaries& boundaries, const os::Directory& directory, bool is_mount_point,
                     const std::function<bool(std::string_view name)>& holds) {
    if (is_mount_point && boundaries.one_filesystem) return {Limit::one_filesystem, {}};
    if (is_mount_point && boundaries.no_pseudo_filesystems && os::is_on_pseudo_filesystem(directory.fd()))
        return {Limit::pseudo_filesystem, {}};
    if (boundaries.no_caches && holds(kCacheTag) && is_cache(directory)) return {Limit::cache, std::string(kCacheTag)};
    for (const auto& tag : boundaries.tags)
        if (holds(tag)) return {Limit::tag, tag};
    return {};
}

}  // namespace kist::selection
