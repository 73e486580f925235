#pragma once
// What a LUKS header claims of its volume, to be remembered and compared. The header is not authenticated: whoever held
// the disk may have written one that takes the passphrase and encrypts with a key they know, or not at all.

#include "kist/base/digest.hpp"
#include "kist/luks/header.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace kist::luks {

// What stays the same for as long as the volume exists, whatever happens to its key slots.
struct HeaderPin {
    std::string cipher;  // "aes-xts-plain64"
    std::uint32_t sector_size = 0;
    std::size_t key_size = 0;
    std::uint64_t data_offset = 0;
    std::string key_digest;  // hex; of the volume key, as the header has it, with salt and cost

    friend bool operator==(const HeaderPin&, const HeaderPin&) = default;
};

HeaderPin pin_of(const Header& header);

// "its sector size was 4096 and is 512"; "" where they are the same.
std::string difference(const HeaderPin& known, const HeaderPin& found);

// Differs as soon as a key slot or token does: tells whether a backup of the header is up to date.
Digest metadata_fingerprint(const Header& header);

}  // namespace kist::luks
