#include "kist/luks/preparation.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/subsystem.hpp"

#include <cerrno>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <libcryptsetup.h>

namespace kist::luks {
namespace {

constexpr std::string_view kMagic{"LUKS\xba\xbe\0\2", 8};  // and version 2
constexpr std::size_t kSubsystemOffset = 208;              // LUKS2 On-Disk Format Specification, binary header
constexpr std::size_t kSubsystemSize = 48;

std::string_view subsystem_of(crypt_device* device) {
    const char* const subsystem = crypt_get_subsystem(device);
    return subsystem == nullptr ? "" : subsystem;
}

// libcryptsetup writes the binary header before the rest of it. A volume that is complete says so in both of its
// copies, and no damage turns one word into the other.
bool was_interrupted_while_written(const std::string& path) {
    const os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    std::string header(kSubsystemOffset + kSubsystemSize, '\0');
    if (os::read_at(fd.get(), 0, std::as_writable_bytes(std::span(header)), path) != header.size()) return false;
    return header.starts_with(kMagic) && std::string_view(header.c_str() + kSubsystemOffset) == kInPreparation;
}

}  // namespace

bool is_in_preparation(const std::string& path) {
    const auto device = open_device(path);
    if (crypt_load(device.get(), CRYPT_LUKS2, nullptr) < 0) return was_interrupted_while_written(path);
    return subsystem_of(device.get()) == kInPreparation;
}

bool is_made_by_kist(const std::string& path) {
    const auto device = open_device(path);
    return crypt_load(device.get(), CRYPT_LUKS2, nullptr) == 0 && subsystem_of(device.get()) == kComplete;
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
