#pragma once
// AES-XTS (IEEE 1619) over sectors, by OpenSSL, with dm-crypt's plain64 tweak: the little-endian number of the sector's
// first byte in units of 512 bytes, also where the sectors are larger (dm-crypt without iv_large_sectors, as LUKS uses
// it). The expanded keys lie in memory that OpenSSL allocated and wipes on destruction; keeping that out of swap is the
// process's work (mlockall). One thread at a time.

#include "kist/base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct evp_cipher_ctx_st;

namespace kist::crypto {

class AesXts {
  public:
    // key: both halves, 32 bytes (AES-128) or 64 (AES-256), which must differ. sector_size: a power of two from 512.
    AesXts(const Secret& key, std::size_t sector_size);

    // offset and size are multiples of the sector size; offset counts from where the encrypted area begins. `in` and
    // `out` have the same size and may be the same bytes.
    void encrypt(std::uint64_t offset, std::span<const std::byte> in, std::span<std::byte> out);
    void decrypt(std::uint64_t offset, std::span<const std::byte> in, std::span<std::byte> out);

    std::size_t sector_size() const noexcept { return sector_size_; }

  private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
    };
    using Context = std::unique_ptr<evp_cipher_ctx_st, Free>;
    enum class Direction { decrypt, encrypt };

    static Context make_context(const Secret& key, Direction direction);
    void transform(evp_cipher_ctx_st* context, std::uint64_t offset, std::span<const std::byte> in,
                   std::span<std::byte> out) const;

    std::size_t sector_size_;
    Context encryption_;
    Context decryption_;
};

}  // namespace kist::crypto
