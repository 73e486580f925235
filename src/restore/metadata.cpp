#include "restore/metadata.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kist::restore {
namespace {

constexpr std::uint32_t kWithoutSetId = 01777;
constexpr std::uint32_t kUnchanged = ~std::uint32_t{0};

// Does `change`; false where the caller's rights do not allow it.
template <typename Change>
bool is_permitted(Change change) {
    try {
        change();
        return true;
    } catch (const Error& error) {
        if (error.error_number() != EPERM && error.error_number() != EINVAL) throw;
        return false;
    }
}

// What an ordinary user may see and set.
os::ExtendedAttributes within_rights(os::ExtendedAttributes attributes) {
    if (geteuid() != 0)
        std::erase_if(attributes, [](const auto& attribute) {
            return attribute.name.starts_with("trusted.") || attribute.name.starts_with("security.");
        });
    return attributes;
}

}  // namespace

void MetadataApplier::apply(int fd, const repository::Metadata& metadata) {
    apply_to(metadata, fd);
}

void MetadataApplier::apply(const os::Directory& directory, const std::string& name,
                            const repository::Metadata& metadata) {
    apply_to(metadata, directory, name);
}

// What is sealed has to be opened to be changed; where there is nothing to change it stays as it is.
os::FileFlags MetadataApplier::conclude(int directory, const repository::Metadata& metadata) {
    const auto present = os::file_flags(directory).value_or(0);
    const bool is_sealed = (present & os::kSealingFlags) != 0;
    const auto status = os::status_of(directory);
    if (is_sealed && is_applied(status, os::extended_attributes(directory), metadata)) {
        count_refusals(status, metadata);
    } else {
        if (is_sealed) os::set_file_flags(directory, present & ~os::kSealingFlags);
        apply(directory, metadata);
    }
    return os::set_file_flags(directory, metadata.flags);
}

bool MetadataApplier::differ(os::FileFlags present, const repository::Metadata& metadata) {
    const auto others = geteuid() == 0 ? 0 : os::kSealingFlags;
    return ((present ^ metadata.flags) & ~others) != 0;
}

bool MetadataApplier::is_applied(const os::FileStatus& status, const os::ExtendedAttributes& attributes,
                                 const repository::Metadata& metadata) {
    static const auto self = geteuid();
    const bool same_user = status.uid == owners_.user(metadata.user, metadata.uid);
    const bool same_group = status.gid == owners_.group(metadata.group, metadata.gid);
    const bool is_owned = same_user && same_group;
    if (!is_owned && (self == 0 || status.uid != self)) return false;
    const bool has_mode = metadata.type == os::FileType::symlink ||
                          status.mode == (is_owned ? metadata.mode : metadata.mode & kWithoutSetId);
    if (status.mtime != metadata.mtime || !has_mode) return false;
    return within_rights(attributes) == within_rights(owners_.attributes(metadata.attributes));
}

void MetadataApplier::count_refusals(const os::FileStatus& status, const repository::Metadata& metadata) {
    if (status.uid != owners_.user(metadata.user, metadata.uid) ||
        status.gid != owners_.group(metadata.group, metadata.gid))
        tally_.add_owner_refused();
}

template <typename... Object>
void MetadataApplier::apply_to(const repository::Metadata& metadata, const Object&... object) {
    const bool owned = set_owner(metadata, object...);
    tally_.add_attributes_refused(
        os::set_extended_attributes(object..., owners_.attributes(metadata.attributes)).size());
    if (metadata.type != os::FileType::symlink)
        os::set_mode(object..., owned ? metadata.mode : metadata.mode & kWithoutSetId);
    os::set_mtime(object..., metadata.mtime);
}

template <typename... Object>
bool MetadataApplier::set_owner(const repository::Metadata& metadata, const Object&... object) {
    const auto uid = owners_.user(metadata.user, metadata.uid);
    const auto gid = owners_.group(metadata.group, metadata.gid);
    if (is_permitted([&] { os::set_owner(object..., uid, gid); })) return true;
    is_permitted([&] { os::set_owner(object..., kUnchanged, gid); });  // a group that the caller is a member of
    tally_.add_owner_refused();
    return false;
}

}  // namespace kist::restore
