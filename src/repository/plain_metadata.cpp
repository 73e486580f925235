#include "kist/repository/plain_metadata.hpp"

#include "kist/base/error.hpp"

#include <cerrno>

#include <unistd.h>

namespace kist::repository {
namespace {

template <typename Call>
void as_far_as_allowed(Call call) {
    try {
        call();
    } catch (const Error& error) {
        if (error.error_number() != EPERM) throw;
    }
}

}  // namespace

void set_fresh_metadata(int fd, const Metadata& metadata) {
    static const auto own_uid = geteuid();
    static const auto own_gid = getegid();
    if (metadata.uid != own_uid || metadata.gid != own_gid)
        as_far_as_allowed([&] { os::set_owner(fd, metadata.uid, metadata.gid); });
    if (!metadata.attributes.empty()) os::set_extended_attributes(fd, metadata.attributes);
    as_far_as_allowed([&] { os::set_mode(fd, metadata.mode); });
    os::set_mtime(fd, metadata.mtime);
}

void set_plain_metadata(const os::Directory& directory, const std::string& name, const Metadata& metadata) {
    as_far_as_allowed([&] { os::set_owner(directory, name, metadata.uid, metadata.gid); });
    as_far_as_allowed([&] { os::set_extended_attributes(directory, name, metadata.attributes); });
    as_far_as_allowed([&] { os::set_mode(directory, name, metadata.mode); });
    as_far_as_allowed([&] { os::set_mtime(directory, name, metadata.mtime); });
}

bool is_as_left(const os::FileStatus& status, const Metadata& metadata) {
    return status.type == metadata.type && status.size == metadata.size && status.mtime == metadata.mtime;
}

}  // namespace kist::repository
