#include "kist/crypto/aes_xts.hpp"

#include "kist/base/error.hpp"

#include <array>
#include <cassert>

#include <openssl/evp.h>

namespace kist::crypto {
namespace {

constexpr std::size_t kTweakUnit = 512;

using Tweak = std::array<unsigned char, 16>;

Tweak plain64(std::uint64_t offset) {
    Tweak tweak{};
    auto number = offset / kTweakUnit;
    for (std::size_t i = 0; i < 8; ++i, number >>= 8) tweak[i] = static_cast<unsigned char>(number & 0xff);
    return tweak;
}

void require(int result) {
    if (result != 1) throw Error(ErrorCode::failed, "OpenSSL cannot compute AES-XTS with this key");
}

const unsigned char* bytes_of(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

void AesXts::Free::operator()(evp_cipher_ctx_st* context) const noexcept {
    EVP_CIPHER_CTX_free(context);
}

AesXts::AesXts(const Secret& key, std::size_t sector_size)
    : sector_size_(sector_size),
      encryption_(make_context(key, Direction::encrypt)),
      decryption_(make_context(key, Direction::decrypt)) {
    assert(sector_size >= kTweakUnit && (sector_size & (sector_size - 1)) == 0);
}

AesXts::Context AesXts::make_context(const Secret& key, Direction direction) {
    const auto* const cipher = key.size() == 64 ? EVP_aes_256_xts() : key.size() == 32 ? EVP_aes_128_xts() : nullptr;
    if (cipher == nullptr) throw Error(ErrorCode::failed, "AES-XTS takes keys of 32 or 64 bytes");
    Context context(EVP_CIPHER_CTX_new());
    require(context && EVP_CipherInit_ex(context.get(), cipher, nullptr, bytes_of(key.expose()), nullptr,
                                         direction == Direction::encrypt ? 1 : 0));
    return context;
}

void AesXts::encrypt(std::uint64_t offset, std::span<const std::byte> in, std::span<std::byte> out) {
    transform(encryption_.get(), offset, in, out);
}

void AesXts::decrypt(std::uint64_t offset, std::span<const std::byte> in, std::span<std::byte> out) {
    transform(decryption_.get(), offset, in, out);
}

void AesXts::transform(evp_cipher_ctx_st* context, std::uint64_t offset, std::span<const std::byte> in,
                       std::span<std::byte> out) const {
    assert(offset % sector_size_ == 0 && in.size() % sector_size_ == 0 && in.size() == out.size());
    for (std::size_t at = 0; at < in.size(); at += sector_size_) {
        const auto tweak = plain64(offset + at);
        int written = 0;
        require(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, tweak.data(), -1));
        require(EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out.data() + at), &written,
                                 bytes_of(in.subspan(at)), static_cast<int>(sector_size_)));
    }
}

}  // namespace kist::crypto
