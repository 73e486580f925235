#include "kist/block/pulled.hpp"

#include "block/sysfs.hpp"

#include <algorithm>
#include <filesystem>

#include <sys/sysmacros.h>

namespace kist::block {
namespace {

// The links in "slaves" stay when what they point to is gone. A card that was taken out of its reader leaves a size
// of 0.
bool stands(const std::string& folder) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error) || number_attribute(folder, "size").value_or(0) == 0) return false;
    const auto below = folder + "/slaves/";
    return std::ranges::all_of(names_in(below), [&](const auto& name) { return stands(below + name); });
}

}  // namespace

bool is_pulled(std::uint64_t device) {
    if (major(device) == 0) return false;
    const auto folder = sysfs_folder(device);
    return !folder || !stands(*folder);
}

}  // namespace kist::block
