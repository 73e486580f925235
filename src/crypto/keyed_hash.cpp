#include "kist/crypto/keyed_hash.hpp"

#include "kist/base/error.hpp"

#include <string>

#include <openssl/evp.h>

namespace kist::crypto {
namespace {

const EVP_MD* algorithm(HashKind kind) noexcept {
    return kind == HashKind::sha1 ? EVP_sha1() : EVP_sha256();
}

void require(bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::failed, std::string("OpenSSL cannot compute ").append(what));
}

unsigned char* out(Secret& secret) noexcept {
    return reinterpret_cast<unsigned char*>(secret.expose().data());
}

const unsigned char* in(std::span<const std::byte> bytes) noexcept {
    static constexpr unsigned char kNothing = 0;  // a null pointer has a meaning of its own to OpenSSL
    return bytes.empty() ? &kNothing : reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Secret hash(HashKind kind, std::span<const std::byte> bytes) {
    Secret result(hash_size(kind));
    require(EVP_Digest(in(bytes), bytes.size(), out(result), nullptr, algorithm(kind), nullptr) == 1, "a hash");
    return result;
}

Secret hmac(HashKind kind, std::span<const std::byte> key, std::span<const std::byte> bytes) {
    Secret result(hash_size(kind));
    std::size_t size = 0;
    const char* const name = kind == HashKind::sha1 ? "SHA1" : "SHA256";
    require(EVP_Q_mac(nullptr, "HMAC", nullptr, name, nullptr, in(key), key.size(), in(bytes), bytes.size(),
                      out(result), result.size(), &size) != nullptr &&
                size == result.size(),
            "an HMAC");
    return result;
}

Secret pbkdf2(HashKind kind, std::span<const std::byte> password, std::span<const std::byte> salt, int iterations) {
    Secret result(hash_size(kind));
    require(PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(in(password)), static_cast<int>(password.size()), in(salt),
                              static_cast<int>(salt.size()), iterations, algorithm(kind),
                              static_cast<int>(result.size()), out(result)) == 1,
            "a key from a password");
    return result;
}

}  // namespace kist::crypto
