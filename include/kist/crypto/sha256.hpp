#pragma once
// SHA-256 (FIPS 180-4) by OpenSSL. A Sha256 is for one thread at a time and can be used again after finish().

#include "kist/base/digest.hpp"

#include <memory>
#include <span>

struct evp_md_ctx_st;

namespace kist::crypto {

class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    Sha256& update(std::span<const std::byte> bytes);
    Digest finish();  // and starts anew

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Digest sha256(std::span<const std::byte> bytes);

}  // namespace kist::crypto
