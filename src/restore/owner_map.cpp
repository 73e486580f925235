#include "restore/owner_map.hpp"

#include <algorithm>
#include <cstring>

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

namespace kist::restore {

OwnerMap::OwnerMap(const RestoreOptions& options, NameOf name_of)
    : owners_(options.owners),
      name_of_(std::move(name_of)),
      users_{OwnerKind::user, options.users},
      groups_{OwnerKind::group, options.groups} {}

std::uint32_t OwnerMap::user(const std::string& name, std::uint32_t number) {
    return map(users_, name, number);
}

std::uint32_t OwnerMap::group(const std::string& name, std::uint32_t number) {
    return map(groups_, name, number);
}

std::uint32_t OwnerMap::map(Kind& kind, const std::string& name, std::uint32_t number) {
    if (kind.rules.empty() && (owners_ == Owners::by_number || name.empty())) return number;
    const std::lock_guard lock(mutex_);
    const auto [known, is_new] = kind.known.try_emplace({name, number}, number);
    if (is_new) {
        const auto rule =
            std::ranges::find_if(kind.rules, [&](const OwnerRule& its) { return its.fits(name, number); });
        if (rule != kind.rules.end())
            known->second = rule->to;
        else if (owners_ == Owners::by_name && !name.empty())
            known->second = find_owner(name, kind.kind).value_or(number);
    }
    return known->second;
}

std::uint32_t OwnerMap::map_unnamed(Kind& kind, std::uint32_t number) {
    std::string name;
    {
        const std::lock_guard lock(mutex_);
        const auto [known, is_new] = kind.names.try_emplace(number);
        if (is_new) known->second = name_of_(kind.kind, number);
        name = known->second;
    }
    return map(kind, name, number);
}

os::ExtendedAttributes OwnerMap::attributes(const os::ExtendedAttributes& attributes) {
    auto mapped = attributes;
    for (auto& [name, value] : mapped)
        if (name.starts_with("system.posix_acl_")) value = acl(std::move(value));
    return mapped;
}

std::string OwnerMap::acl(std::string value) {
    for (auto at = sizeof(posix_acl_xattr_header); at + sizeof(posix_acl_xattr_entry) <= value.size();
         at += sizeof(posix_acl_xattr_entry)) {
        posix_acl_xattr_entry entry{};
        std::memcpy(&entry, &value[at], sizeof entry);
        const auto id = le32toh(entry.e_id);
        if (le16toh(entry.e_tag) == ACL_USER) entry.e_id = htole32(map_unnamed(users_, id));
        if (le16toh(entry.e_tag) == ACL_GROUP) entry.e_id = htole32(map_unnamed(groups_, id));
        std::memcpy(&value[at], &entry, sizeof entry);
    }
    return value;
}

}  // namespace kist::restore
