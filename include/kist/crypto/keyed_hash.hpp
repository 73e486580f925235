#pragma once
// Hashes with a key (HMAC, RFC 2104) and keys from passwords (PBKDF2, RFC 8018), by OpenSSL, over SHA-1 and SHA-256.
// SHA-1 is for protocols that ask for it, where HMAC with it still holds. Threads: any.

#include "kist/base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace kist::crypto {

enum class HashKind : std::uint8_t { sha1, sha256 };

constexpr std::size_t hash_size(HashKind kind) noexcept {
    return kind == HashKind::sha1 ? 20 : 32;
}

// Results are hash_size() bytes.
Secret hash(HashKind kind, std::span<const std::byte> bytes);
Secret hmac(HashKind kind, std::span<const std::byte> key, std::span<const std::byte> bytes);
Secret pbkdf2(HashKind kind, std::span<const std::byte> password, std::span<const std::byte> salt, int iterations);

}  // namespace kist::crypto
