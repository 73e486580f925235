#include "backup/boundary.hpp"

#include "backup/limits.hpp"

#include <algorithm>

namespace kist::backup {

std::size_t apply_boundaries(const Boundaries& boundaries, const os::Directory& directory, bool is_mount_point,
                             std::vector<os::DirectoryEntry>& found) {
    const auto limit =
        limit_in(boundaries, directory, is_mount_point, [&](std::string_view name) { return holds(found, name); });
    if (limit.limit == Limit::none) return 0;
    return std::erase_if(found, [&limit](const os::DirectoryEntry& entry) { return entry.name != limit.kept; });
}

bool holds(const std::vector<os::DirectoryEntry>& sorted, std::string_view name) {
    const auto at = std::ranges::lower_bound(sorted, name, {}, &os::DirectoryEntry::name);
    return at != sorted.end() && at->name == name;
}

}  // namespace kist::backup
