#include "kist/luks/mapping.hpp"

#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "luks/cryptsetup.hpp"

#include <cerrno>

#include <fcntl.h>
#include <libcryptsetup.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

namespace kist::luks {

bool device_mapper_is_usable() {
    const os::Fd control(open("/dev/mapper/control", O_RDWR | O_CLOEXEC));
    if (!control) return false;
    dm_ioctl request{};
    request.version[0] = DM_VERSION_MAJOR;
    request.data_size = sizeof request;
    return ioctl(control.get(), DM_VERSION, &request) == 0;
}

std::string mapping_path(const std::string& name) {
    return std::string(crypt_get_dir()) + "/" + name;
}

void activate_mapping(const std::string& device, const std::string& name, const Secret& volume_key, os::Access access) {
    const auto doing = "cannot map " + os::printable(device) + " by dm-crypt";
    const auto header = open_device(device);
    require(crypt_load(header.get(), CRYPT_LUKS, nullptr), doing);
    require(crypt_activate_by_volume_key(header.get(), name.c_str(),
                                         reinterpret_cast<const char*>(volume_key.expose().data()), volume_key.size(),
                                         access == os::Access::read_only ? CRYPT_ACTIVATE_READONLY : 0),
            doing);
}

void deactivate_mapping(const std::string& name) {
    silence_library();
    const int result = crypt_deactivate(nullptr, name.c_str());
    if (result != -ENODEV) require(result, "cannot remove the mapping " + name);
}

void deactivate_mapping_with_last_user(const std::string& name) {
    silence_library();
    const int result = crypt_deactivate_by_name(nullptr, name.c_str(), CRYPT_DEACTIVATE_DEFERRED);
    if (result != -ENODEV) require(result, "cannot remove the mapping " + name);
}

bool mapping_exists(const std::string& name) {
    silence_library();
    const auto status = crypt_status(nullptr, name.c_str());
    return status == CRYPT_ACTIVE || status == CRYPT_BUSY;
}

}  // namespace kist::luks
