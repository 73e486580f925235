#include "kist/delta/block_hasher.hpp"

#include "delta/tree_hash.hpp"

#include <algorithm>

namespace kist::delta {
namespace {

// Nodes become their parents.
void go_up(std::vector<Digest>& nodes, std::vector<Digest>& parents) {
    parents.resize((nodes.size() + ContentHasher::kFanOut - 1) / ContentHasher::kFanOut);
    parents_of(nodes, parents);
    nodes.swap(parents);
}

unsigned height_of(std::uint64_t leaves) {
    unsigned height = 0;
    for (; leaves > 1; leaves = (leaves - 1) / ContentHasher::kFanOut + 1) ++height;
    return height;
}

}  // namespace

BlockHasher::BlockHasher(const BlockShape& shape, std::uint64_t size)
    : leaf_size_(shape.leaf_size),
      levels_(std::min(shape.level, height_of(BlockShape{0, shape.leaf_size}.block_count(size)))) {}

Digest BlockHasher::node_of(std::span<const std::byte> block) {
    nodes_.resize(block.empty() ? 1 : (block.size() - 1) / leaf_size_ + 1);
    leaves_of(block, leaf_size_, nodes_);
    for (unsigned level = 0; level < levels_; ++level) go_up(nodes_, parents_);
    return nodes_.front();
}

Digest content_hash_of(std::vector<Digest> nodes, std::uint64_t size) {
    std::vector<Digest> parents;
    while (nodes.size() > 1) go_up(nodes, parents);
    crypto::Sha256 sha;
    return root_of(sha, size, nodes.front());
}

}  // namespace kist::delta
