#pragma once
// Groups of 16 neighbouring blocks, and their nodes: two levels above the blocks', or the top where that is lower.

#include "kist/base/digest.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kist::delta {

constexpr std::size_t kBlocksInGroup = 16;

inline std::uint64_t group_count(std::uint64_t blocks) {
    return (blocks - 1) / kBlocksInGroup + 1;
}

// nodes: of one group's blocks, at most kBlocksInGroup. blocks: of the whole content.
Digest node_of_group(std::span<const Digest> nodes, std::uint64_t blocks);

// nodes: of all blocks.
std::vector<Digest> nodes_of_groups(std::span<const Digest> nodes);

}  // namespace kist::delta
