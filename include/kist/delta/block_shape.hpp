#pragma once
// Which level of a content hash's tree serves as a signature. See content_hash.hpp.

#include "kist/delta/content_hash.hpp"

#include <cstdint>

namespace kist::delta {

struct BlockShape {
    unsigned level = 0;                                // 0: the leaves; each level's blocks are four times as large
    std::size_t leaf_size = ContentHasher::kLeafSize;  // stored signatures have this one; tests want small trees

    std::size_t block_size() const { return leaf_size << (2 * level); }
    std::uint64_t block_count(std::uint64_t size) const {  // an empty content has one empty block
        return size == 0 ? 1 : (size - 1) / block_size() + 1;
    }
    friend bool operator==(const BlockShape&, const BlockShape&) = default;
};

}  // namespace kist::delta
