#include "delta/node_groups.hpp"

#include "kist/delta/content_hash.hpp"

#include "delta/tree_hash.hpp"

#include <algorithm>

namespace kist::delta {
namespace {

std::vector<Digest> parents_of(crypto::Sha256& sha, std::span<const Digest> nodes) {
    std::vector<Digest> parents;
    for (; !nodes.empty(); nodes = nodes.subspan(std::min(ContentHasher::kFanOut, nodes.size())))
        parents.push_back(parent_of(sha, nodes.first(std::min(ContentHasher::kFanOut, nodes.size()))));
    return parents;
}

}  // namespace

// A single block is the tree's top, and so is the one parent of up to four.
Digest node_of_group(std::span<const Digest> nodes, std::uint64_t blocks) {
    if (blocks == 1) return nodes.front();
    crypto::Sha256 sha;
    const auto parents = parents_of(sha, nodes);
    return blocks <= ContentHasher::kFanOut ? parents.front() : parents_of(sha, parents).front();
}

std::vector<Digest> nodes_of_groups(std::span<const Digest> nodes) {
    std::vector<Digest> groups;
    for (std::size_t first = 0; first < nodes.size(); first += kBlocksInGroup)
        groups.push_back(
            node_of_group(nodes.subspan(first, std::min(kBlocksInGroup, nodes.size() - first)), nodes.size()));
    return groups;
}

}  // namespace kist::delta
