#include "kist/selection/boundaries.hpp"

#include "kist/selection/limits.hpp"

#include <algorithm>

namespace kist::selection {
bool Boundaries::exclude(const os::FileStatus& status) const {
    return limit_of(*this, status) != Limit::none;
}

std::size_t leave_out(const Boundaries& boundaries, const os::Directory& folder, bool is_mount_point,
                      std::vector<os::DirectoryEntry>& names) {
    const auto found =
        limit_in(boundaries, folder, is_mount_point, [&](std::string_view name) { return holds(names, name); });
    if (found.limit == Limit::none) return 0;
    return std::erase_if(names, [&found](const os::DirectoryEntry& entry) { return entry.name != found.kept; });
}

bool holds(const std::vector<os::DirectoryEntry>& names, std::string_view name) {
    const auto at = std::ranges::lower_bound(names, name, {}, &os::DirectoryEntry::name);
    return at != names.end() && at->name == name;
}

}  // namespace kist::selection
