#include "kist/crypto/sha256.hpp"

#include "kist/base/error.hpp"

#include <openssl/evp.h>

namespace kist::crypto {
namespace {

// Fetched once: a lookup for each hash costs more than a small hash itself.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

void require(int result) {
    if (result != 1) throw Error(ErrorCode::failed, "OpenSSL cannot compute SHA-256");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    require(context_ && EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr));
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
    return *this;
}

Digest Sha256::finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.bytes.data()), nullptr));
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr));
    return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
    thread_local Sha256 hash;
    return hash.update(bytes).finish();
}

}  // namespace kist::crypto
