#include "kist/luks/header.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/keyslots.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "luks/cryptsetup.hpp"
#include "luks/effort.hpp"
#include "luks/kdf.hpp"
#include "luks/segments.hpp"
#include "luks/subsystem.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <libcryptsetup.h>
#include <sys/random.h>

namespace kist::luks {
namespace {

constexpr std::size_t kVolumeKeySize = 64;
constexpr std::uint64_t kOffsetUnit = 512;

using Magic = std::array<unsigned char, 6>;
constexpr Magic kPrimaryMagic{'L', 'U', 'K', 'S', 0xba, 0xbe};
constexpr Magic kSecondaryMagic{'S', 'K', 'U', 'L', 0xba, 0xbe};
// Where LUKS2's second copy may begin, one place for each size of the metadata area.
constexpr std::array<std::uint64_t, 9> kSecondaryOffsets{0x4000,  0x8000,   0x10000,  0x20000, 0x40000,
                                                         0x80000, 0x100000, 0x200000, 0x400000};

bool has_magic(int fd, std::uint64_t offset, const Magic& magic, const std::string& path) {
    Magic found{};
    const auto got = os::read_at(fd, offset, std::as_writable_bytes(std::span(found)), path);
    return got == found.size() && found == magic;
}

// libcryptsetup answers EINVAL to a damaged header and to no header at all alike, and EIO to a file that ends too
// early.
bool has_trace_of_luks(const std::string& path) {
    const os::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + os::printable(path));
    return has_magic(fd.get(), 0, kPrimaryMagic, path) || std::ranges::any_of(kSecondaryOffsets, [&](auto offset) {
               return has_magic(fd.get(), offset, kSecondaryMagic, path);
           });
}

[[noreturn]] void fail_to_load(int result, const std::string& path) {
    const auto name = os::printable(path);
    if (result != -EINVAL && result != -EIO) fail(result, "cannot read the LUKS header of " + name);
    if (has_trace_of_luks(path))
        throw Error(ErrorCode::damaged, "the LUKS header of " + name + " is damaged",
                    "Do not write to the volume. A saved copy of its header brings it back.");
    throw Error(ErrorCode::failed, name + " is not a Kist volume: it has no LUKS header",
                "Is this the right file or disk? Volumes with a detached header are not taken.");
}

Uuid uuid_of(crypt_device* device, const std::string& path) {
    const char* const text = crypt_get_uuid(device);
    const auto uuid = parse_uuid(text == nullptr ? "" : text);
    if (!uuid) throw Error(ErrorCode::damaged, "the LUKS header of " + os::printable(path) + " has no valid UUID");
    return *uuid;
}

std::string text_or_empty(const char* text) {
    return text == nullptr ? "" : text;
}

}  // namespace

void Header::Free::operator()(crypt_device* device) const noexcept {
    FreeDevice()(device);
}

Header::Header(Device device, const std::string& path)
    : device_(std::move(device)),
      path_(path),
      uuid_(uuid_of(device_.get(), path)),
      label_(text_or_empty(crypt_get_label(device_.get()))) {
    layout_.data_offset = crypt_get_data_offset(device_.get()) * kOffsetUnit;
    layout_.sector_size = static_cast<std::uint32_t>(crypt_get_sector_size(device_.get()));
    layout_.key_size = static_cast<std::size_t>(crypt_get_volume_key_size(device_.get()));
    refuse_what_is_not_plain();
    require_bearable_digests(device_.get(), path);
}

Header Header::format(const std::string& path, const FormatOptions& options, const Secret& volume_key,
                      const Secret& key) {
    const auto doing = "cannot write a LUKS header to " + os::printable(path);
    const auto kdf = pbkdf(options.kdf, CRYPT_LUKS2);
    crypt_params_luks2 parameters{};
    parameters.pbkdf = &kdf;
    parameters.sector_size = options.sector_size;
    parameters.label = options.label.c_str();
    parameters.subsystem = kInPreparation;
    auto device = open_device(path);
    require(crypt_format(device.get(), CRYPT_LUKS2, "aes", "xts-plain64", to_string(options.uuid).c_str(),
                         characters(volume_key), volume_key.size(), &parameters),
            doing);
    require(crypt_keyslot_add_by_volume_key(device.get(), CRYPT_ANY_SLOT, characters(volume_key), volume_key.size(),
                                            characters(key), key.size()),
            doing);
    return Header(Device(device.release()), path);
}

Header Header::load(const std::string& path) {
    auto device = open_device(path);
    if (const int result = crypt_load(device.get(), CRYPT_LUKS, nullptr); result < 0) fail_to_load(result, path);
    Header header(Device(device.release()), path);
    require_data_on(header.device(), path, os::printable(path));
    return header;
}

Header Header::load_detached(const std::string& header_file, const std::string& data_device) {
    auto device = open_device(header_file, data_device);
    if (const int result = crypt_load(device.get(), CRYPT_LUKS, nullptr); result < 0) fail_to_load(result, header_file);
    Header header(Device(device.release()), header_file);
    require_data_on(header.device(), data_device, os::printable(header_file));
    return header;
}

void Header::refuse_what_is_not_plain() const {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::failed, os::printable(path_) + " cannot be opened: " + why,
                    "Kist takes LUKS volumes with aes-xts-plain64 and no unfinished reencryption.");
    };
    if (layout_.data_offset == 0) refuse("its header is detached from its data");
    std::uint32_t requirements = 0;
    crypt_persistent_flags_get(device_.get(), CRYPT_FLAGS_REQUIREMENTS, &requirements);
    if (requirements != 0 || crypt_reencrypt_status(device_.get(), nullptr) != CRYPT_REENCRYPT_NONE)
        refuse("its header says that a reencryption is under way");
    const auto cipher = text_or_empty(crypt_get_cipher(device_.get()));
    const auto mode = text_or_empty(crypt_get_cipher_mode(device_.get()));
    if (cipher != "aes" || mode != "xts-plain64")
        refuse("its cipher is " + os::printable(cipher) + "-" + os::printable(mode));
    if (layout_.key_size != kVolumeKeySize && layout_.key_size != kVolumeKeySize / 2)
        refuse("its key has " + std::to_string(layout_.key_size) + " bytes");
    if (crypt_get_iv_offset(device_.get()) != 0) refuse("its sectors are not numbered from 0");
    crypt_params_integrity integrity{};
    if (crypt_get_integrity_info(device_.get(), &integrity) == 0 && integrity.tag_size != 0)
        refuse("it has authentication tags");
}

Secret Header::unlock(const Secret& key) const {
    auto unlocked = try_key(*this, key);
    if (!unlocked)
        throw Error(ErrorCode::no_key, "this key does not open " + os::printable(path_), "Is it the right passphrase?");
    return std::move(unlocked->volume_key);
}

Secret random_volume_key() {
    Secret key(kVolumeKeySize);
    if (getrandom(key.expose().data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
        throw Error::from_errno(errno, "cannot get random bytes");
    return key;
}

}  // namespace kist::luks
