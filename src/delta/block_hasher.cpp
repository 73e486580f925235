#include "kist/delta/block_hasher.hpp"

#include "delta/tree_hash.hpp"

#include <algorithm>

namespace kist::delta {
namespace {

void go_up(crypto::Sha256& sha, std::vector<Digest>& nodes) {
    std::size_t parents = 0;
    for (std::size_t i = 0; i < nodes.size(); i += ContentHasher::kFanOut)
        nodes[parents++] =
            parent_of(sha, std::span(nodes).subspan(i, std::min(ContentHasher::kFanOut, nodes.size() - i)));
    nodes.resize(parents);
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
    nodes_.clear();
    do {
        const auto leaf = block.first(std::min(leaf_size_, block.size()));
        nodes_.push_back(leaf_of(sha_, leaf));
        block = block.subspan(leaf.size());
    } while (!block.empty());
    for (unsigned level = 0; level < levels_; ++level) go_up(sha_, nodes_);
    return nodes_.front();
}

Digest content_hash_of(std::vector<Digest> nodes, std::uint64_t size) {
    crypto::Sha256 sha;
    while (nodes.size() > 1) go_up(sha, nodes);
    return root_of(sha, size, nodes.front());
}

}  // namespace kist::delta
