#include "kist/luks/erase.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "luks/cryptsetup.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

#include <fcntl.h>
#include <libcryptsetup.h>
#include <sys/random.h>

namespace kist::luks {
namespace {

constexpr std::uint64_t kOffsetUnit = 512;
constexpr std::size_t kPiece = 256;  // what getrandom(2) gives at once, whatever happens

void destroy_keyslots(crypt_device* device, const std::string& doing) {
    const char* const type = crypt_get_type(device);
    for (int slot = 0; slot < crypt_keyslot_max(type); ++slot) {
        const auto state = crypt_keyslot_status(device, slot);
        if (state == CRYPT_SLOT_INACTIVE || state == CRYPT_SLOT_INVALID) continue;
        require(crypt_keyslot_destroy(device, slot), doing);
    }
}

void fill_with_random(std::vector<std::byte>& bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += kPiece)
        if (getrandom(bytes.data() + at, std::min(kPiece, bytes.size() - at), 0) < 0)
            throw Error::from_errno(errno, "cannot get random bytes");
}

void overwrite_header(const std::string& path, std::uint64_t size) {
    const os::Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    std::vector<std::byte> noise(1 << 20);
    for (std::uint64_t at = 0; at < size; at += noise.size()) {
        fill_with_random(noise);
        os::write_at(fd.get(), at, std::span(noise).first(std::min<std::uint64_t>(noise.size(), size - at)), path);
    }
    os::sync_file(fd.get(), path);
}

}  // namespace

void erase(const std::string& path) {
    const auto doing = "cannot erase " + os::printable(path);
    std::uint64_t header_size = 0;
    {
        const auto device = open_device(path);
        require(crypt_load(device.get(), CRYPT_LUKS, nullptr), doing);
        header_size = crypt_get_data_offset(device.get()) * kOffsetUnit;
        destroy_keyslots(device.get(), doing);
    }
    overwrite_header(path, header_size);
    if (crypt_load(open_device(path).get(), CRYPT_LUKS, nullptr) >= 0)
        throw Error(ErrorCode::failed, os::printable(path) + " still has a LUKS header after it was erased",
                    "The disk does not keep what is written to it.");
}

}  // namespace kist::luks
