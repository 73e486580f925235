#pragma once
// Which blocks of a version have a hint. Of those with the same hint only the first few are in it: most are the same
// blocks, hints are easily forged, and a lookup has to stay cheap. Threads: any, once it is built.

#include "kist/delta/known_signature.hpp"

#include "delta/hint_filter.hpp"

#include <optional>
#include <vector>

namespace kist::delta {

class BlockTable {
  public:
    explicit BlockTable(const KnownSignature& signature);  // has to outlive it

    // false for almost every hint that no block has.
    bool may_have(const RollingSum& hint) const { return filter_.may_have(hint); }
    bool has(std::uint64_t hint) const;
    std::optional<std::uint64_t> find(std::uint64_t hint, const Digest& node) const;

  private:
    // Its high bits are evenly spread whatever the hints are; nobody else knows the factor.
    std::uint64_t scrambled(std::uint64_t hint) const { return hint * factor_; }
    void insert(std::uint32_t block);

    const KnownSignature& signature_;
    std::uint64_t factor_;
    unsigned slot_shift_;
    std::vector<std::uint32_t> slots_;  // a block's number and one, 0: free
    HintFilter filter_;
};

}  // namespace kist::delta
