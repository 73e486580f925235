#pragma once
// Looks for blocks of the older version in a stretch of the newer one that has none where it stood. One thread at a
// time.

#include "kist/delta/block_hasher.hpp"
#include "kist/delta/script.hpp"

#include "delta/block_table.hpp"
#include "delta/rolling_sum.hpp"

namespace kist::delta {

struct Gap {
    std::uint64_t offset;              // in the newer file, at a block
    std::size_t length;                // where a copy may begin
    std::span<const std::byte> bytes;  // and what it may extend over: the gap, perhaps more
};

class GapMatcher {
  public:
    GapMatcher(const KnownSignature& older, const BlockTable& table);  // both have to outlive it

    void match(const Gap& gap, std::vector<Copy>& copies);  // appends; in order, disjoint

  private:
    std::size_t continue_from(std::size_t at);
    std::size_t roll_from(std::size_t at);
    bool roll_to_hint(RollingSum& sum, std::size_t& at, std::size_t last) const;
    std::optional<std::uint64_t> find_block(std::size_t at, std::uint64_t hint);
    std::size_t take(std::size_t at, std::uint64_t block);
    std::optional<std::uint64_t> expected_block(std::size_t at) const;

    const KnownSignature& older_;
    const BlockTable& table_;
    std::size_t block_size_;
    BlockHasher hasher_;
    Gap gap_{};
    std::vector<Copy>* copies_ = nullptr;
    std::uint64_t shift_ = 0;    // from a place in the newer version to that in the older, modulo 2^64
    std::uint64_t in_vain_ = 0;  // bytes hashed because a hint lied
};

}  // namespace kist::delta
