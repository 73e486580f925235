#pragma once
// A SHA-256 value, and the content hash built from them (delta/content_hash.hpp). Plain bytes without behaviour.

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

namespace kist {

struct Digest {
    std::array<std::byte, 32> bytes{};

    friend auto operator<=>(const Digest&, const Digest&) = default;
    friend bool operator==(const Digest&, const Digest&) = default;
};

std::string to_hex(std::span<const std::byte> bytes);
inline std::string to_hex(const Digest& digest) {
    return to_hex(digest.bytes);
}

struct DigestHasher {  // for unordered containers: the value is uniform already
    std::size_t operator()(const Digest& digest) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, digest.bytes.data(), sizeof value);
        return value;
    }
};

}  // namespace kist
