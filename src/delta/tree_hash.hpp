#pragma once
// The three kinds of node that a content hash is made of. See kist/delta/content_hash.hpp.

#include "kist/crypto/sha256.hpp"

#include <cstdint>
#include <span>

namespace kist::delta {

Digest leaf_of(crypto::Sha256& sha, std::span<const std::byte> bytes);
// Of leaves that follow each other: all of leaf_size bytes, the last one may be shorter. One for each.
void leaves_of(std::span<const std::byte> bytes, std::size_t leaf_size, std::span<Digest> leaves);
Digest parent_of(crypto::Sha256& sha, std::span<const Digest> children);
// The level above, of families of kFanOut children; the last one may be smaller. One for each family.
void parents_of(std::span<const Digest> children, std::span<Digest> parents);
Digest root_of(crypto::Sha256& sha, std::uint64_t size, const Digest& top);

}  // namespace kist::delta
