#pragma once
// The hash that names a content: a tree of SHA-256 values, so that one pass gives both the name of the whole and, in
// its inner nodes, the strong hashes of aligned blocks of 4, 16, 64 and 256 KiB that a later delta is matched against.
//
//   leaf  = SHA-256(00 | block)             blocks of 4096 bytes, the last one shorter; an empty content has one empty
//   leaf node  = SHA-256(01 | up to 4 children)  level by level; a level's last node may have fewer; until one node is
//   left hash  = SHA-256(02 | size as 64 bits, little-endian | that node)
//
// The prefixes keep leaves, nodes and roots apart (as in RFC 6962), the size binds the shape. Source: doc/format.md.

#include "kist/base/digest.hpp"
#include "kist/crypto/sha256.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kist::delta {

// Feed a content in order, in pieces of any size; finish() gives its hash and starts anew. One thread at a time.
class ContentHasher {
  public:
    static constexpr std::size_t kLeafSize = 4096;
    static constexpr std::size_t kFanOut = 4;

    void update(std::span<const std::byte> bytes);
    void update_zeros(std::uint64_t count);  // as many zero bytes, for holes
    Digest finish();

  private:
    void add_node(std::size_t level, Digest node);  // when all levels below are empty

    crypto::Sha256 sha_;
    std::vector<std::byte> partial_;            // the start of a leaf, less than kLeafSize bytes
    std::vector<std::vector<Digest>> pending_;  // by level, leaves first: fewer than kFanOut each
    std::uint64_t size_ = 0;
};

Digest content_hash(std::span<const std::byte> content);

}  // namespace kist::delta
