#pragma once
// dm-crypt mappings, by libcryptsetup: /dev/mapper/NAME is the decrypted device for as long as the mapping exists. It
// outlives the process.

#include "kist/base/secret.hpp"
#include "kist/os/access.hpp"

#include <string>

namespace kist::luks {

// Device mapper is in this kernel and the caller may use it.
bool device_mapper_is_usable();

std::string mapping_path(const std::string& name);  // /dev/mapper/NAME

// device: a block device with the LUKS header. A mapping of that name that exists already is a busy Error.
void activate_mapping(const std::string& device, const std::string& name, const Secret& volume_key, os::Access access);
// One that does not exist is success; one in use is a busy Error.
void deactivate_mapping(const std::string& name);
// One in use is removed by the kernel when its last user lets go (cryptsetup close --deferred).
void deactivate_mapping_with_last_user(const std::string& name);
bool mapping_exists(const std::string& name);

}  // namespace kist::luks
