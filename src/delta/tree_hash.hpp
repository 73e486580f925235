#pragma once
// The three kinds of node that a content hash is made of. See kist/delta/content_hash.hpp.

#include "kist/crypto/sha256.hpp"

#include <cstdint>
#include <span>

namespace kist::delta {

Digest leaf_of(crypto::Sha256& sha, std::span<const std::byte> bytes);
Digest parent_of(crypto::Sha256& sha, std::span<const Digest> children);
Digest root_of(crypto::Sha256& sha, std::uint64_t size, const Digest& top);

}  // namespace kist::delta
