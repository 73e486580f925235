#include "backup/boundary.hpp"

#include "kist/os/file.hpp"

#include <algorithm>

namespace kist::backup {
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

std::size_t apply_boundaries(const Boundaries& boundaries, const os::Directory& directory, bool is_mount_point,
                             std::vector<os::DirectoryEntry>& found) {
    const auto count = found.size();
    if (is_mount_point && (boundaries.one_filesystem ||
                           (boundaries.no_pseudo_filesystems && os::is_on_pseudo_filesystem(directory.fd()))))
        found.clear();
    if (boundaries.no_caches && holds(found, kCacheTag) && is_cache(directory))
        std::erase_if(found, [](const os::DirectoryEntry& entry) { return entry.name != kCacheTag; });
    return count - found.size();
}

bool holds(const std::vector<os::DirectoryEntry>& sorted, std::string_view name) {
    const auto at = std::ranges::lower_bound(sorted, name, {}, &os::DirectoryEntry::name);
    return at != sorted.end() && at->name == name;
}

}  // namespace kist::backup
