#include "repository/restorable_metadata.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kist::repository {
namespace {

// xattr(7), and the layout that the kernel gives ACLs: a version, then eight bytes for each entry.
constexpr std::size_t kLongestAttributeName = 255;
constexpr std::size_t kLongestAttribute = 64 * 1024;
constexpr std::size_t kAclHeader = 4;
constexpr std::size_t kAclEntry = 8;
constexpr std::string_view kAclVersion{"\2\0\0\0", kAclHeader};
constexpr std::size_t kLongestOwner = 256;

// passwd(5): what would break its lines.
bool is_owner(std::string_view name) {
    return name.size() <= kLongestOwner && name.find_first_of(std::string_view(":\n\0", 3)) == std::string_view::npos;
}

bool is_attribute(const os::ExtendedAttribute& attribute) {
    const auto& [name, value] = attribute;
    if (name.size() > kLongestAttributeName || value.size() > kLongestAttribute ||
        name.find('.') == std::string::npos || name.find('\0') != std::string::npos)
        return false;
    if (!name.starts_with("system.posix_acl_")) return true;
    return value.starts_with(kAclVersion) && (value.size() - kAclHeader) % kAclEntry == 0;
}

}  // namespace

void require_restorable(const Metadata& metadata) {
    for (const auto& name : {metadata.user, metadata.group})
        if (!is_owner(name))
            throw Error(ErrorCode::damaged, "the catalog holds the impossible owner " + os::printable(name));
    const auto wrong = std::ranges::find_if_not(metadata.attributes, is_attribute);
    if (wrong != metadata.attributes.end())
        throw Error(ErrorCode::damaged,
                    fmt::format("the catalog holds the impossible attribute {}", os::printable(wrong->name)));
}

}  // namespace kist::repository
