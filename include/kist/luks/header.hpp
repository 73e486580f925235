#pragma once
// A LUKS header (on-disk format: LUKS1 and LUKS2 specifications of the cryptsetup project), by libcryptsetup. Only
// AES-XTS with the plain64 tweak is accepted, and no header that a reencryption has not left complete. Nothing here
// needs device mapper; the path is a block device or a file. One thread at a time.

#include "kist/base/byte_count.hpp"
#include "kist/base/secret.hpp"
#include "kist/base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

struct crypt_device;

namespace kist::luks {

enum class KdfKind {
    costly,   // argon2id; LUKS1 knows PBKDF2 only
    minimal,  // PBKDF2 with 1000 passes: for keys that nobody can guess, such as recovery keys
};

// What a try of a passphrase costs. libcryptsetup takes at most half of the machine's memory.
struct KdfCost {
    KdfKind kind = KdfKind::costly;
    ByteCount memory = 256 * kMiB;
    std::chrono::milliseconds time{2000};
    // Instead of measuring how many passes take `time`. At least 4, with memory from 32 KiB. PBKDF2 makes at least
    // 1000.
    std::optional<std::uint32_t> iterations = std::nullopt;
};

struct FormatOptions {
    Uuid uuid;
    std::string label;
    std::uint32_t sector_size = 4096;
    KdfCost kdf;
};

// Where the encrypted area lies, and how it is encrypted.
struct Layout {
    std::uint64_t data_offset = 0;  // bytes from the start of the device
    std::uint32_t sector_size = 0;
    std::size_t key_size = 0;
};

class Header {
  public:
    // Writes a LUKS2 header with one keyslot for `key`, for data encrypted with `volume_key` (64 bytes: AES-256-XTS).
    // What was on the device is lost. The volume counts as unfinished until mark_complete() (preparation.hpp).
    static Header format(const std::string& path, const FormatOptions& options, const Secret& volume_key,
                         const Secret& key);
    // No header: a failed Error. A header that does not hold together: damaged. A cipher or feature that Kist does not
    // take: failed. Where one of LUKS2's two copies is damaged, libcryptsetup repairs it from the other.
    static Header load(const std::string& path);
    // The header in a file of its own, such as a backup of it, for the data on `device`.
    static Header load_detached(const std::string& header_file, const std::string& device);

    const std::string& path() const noexcept { return path_; }  // of the file or device it was read from
    const Uuid& uuid() const noexcept { return uuid_; }
    const std::string& label() const noexcept { return label_; }  // "" for none
    const Layout& layout() const noexcept { return layout_; }

    // The volume key, from whichever keyslot fits. None does: a no_key Error.
    Secret unlock(const Secret& key) const;

    crypt_device* device() const noexcept { return device_.get(); }  // for luks/ only

  private:
    struct Free {
        void operator()(crypt_device* device) const noexcept;
    };
    using Device = std::unique_ptr<crypt_device, Free>;

    Header(Device device, const std::string& path);
    void refuse_what_is_not_plain() const;

    Device device_;
    std::string path_;
    Uuid uuid_;
    std::string label_;
    Layout layout_;
};

// Somebody's way from a header to its volume key; throws where there is none.
using Unlock = std::function<Secret(const Header&)>;

// A volume key for format(): 64 random bytes.
Secret random_volume_key();

}  // namespace kist::luks
