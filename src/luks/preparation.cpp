#include "kist/luks/preparation.hpp"

#include "kist/os/directory.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/subsystem.hpp"

#include <string>
#include <string_view>

#include <libcryptsetup.h>

namespace kist::luks {

bool is_in_preparation(const std::string& path) {
    const auto device = open_device(path);
    if (crypt_load(device.get(), CRYPT_LUKS2, nullptr) < 0) return false;
    const char* const subsystem = crypt_get_subsystem(device.get());
    return subsystem != nullptr && std::string_view(subsystem) == kInPreparation;
}

void mark_complete(const std::string& path) {
    const auto doing = "cannot finish the LUKS header of " + os::printable(path);
    const auto device = open_device(path);
    require(crypt_load(device.get(), CRYPT_LUKS2, nullptr), doing);
    const char* const label = crypt_get_label(device.get());
    const std::string kept(label == nullptr ? "" : label);  // the library clears its own copy before it takes this one
    require(crypt_set_label(device.get(), kept.c_str(), kComplete), doing);
}

}  // namespace kist::luks
