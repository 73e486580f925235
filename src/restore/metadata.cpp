#include "restore/metadata.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"

#include <cerrno>

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

}  // namespace

void MetadataApplier::apply(int fd, const repository::Metadata& metadata) {
    apply_to(metadata, fd);
}

void MetadataApplier::apply(const os::Directory& directory, const std::string& name,
                            const repository::Metadata& metadata) {
    apply_to(metadata, directory, name);
}

template <typename... Object>
void MetadataApplier::apply_to(const repository::Metadata& metadata, const Object&... object) {
    const bool owned = set_owner(metadata, object...);
    tally_.add_attributes_refused(os::set_extended_attributes(object..., metadata.attributes).size());
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
