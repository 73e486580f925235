#pragma once
// The node over one aligned block of a content, and the content's hash over all of them. One thread at a time.

#include "kist/delta/block_shape.hpp"

#include <span>
#include <vector>

namespace kist::delta {

class BlockHasher {
  public:
    // size: of the whole content. One that fits into a block has no node above its top, however high the level.
    BlockHasher(const BlockShape& shape, std::uint64_t size);

    Digest node_of(std::span<const std::byte> block);

  private:
    std::size_t leaf_size_;
    unsigned levels_;
    std::vector<Digest> nodes_;
    std::vector<Digest> parents_;
};

// The hash of a content of this size whose blocks have these nodes.
Digest content_hash_of(std::vector<Digest> nodes, std::uint64_t size);

}  // namespace kist::delta
