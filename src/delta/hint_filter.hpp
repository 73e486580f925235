#pragma once
// Which hints some block may have: a Bloom filter of two bits in one word (B. H. Bloom, CACM 13(7), 1970; Putze,
// Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). It is asked at every byte of what
// differs, so it stays small, and its arithmetic short. Threads: any, once it is filled.

#include "delta/rolling_sum.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kist::delta {

class HintFilter {
  public:
    explicit HintFilter(std::size_t hints);  // how many will be inserted

    void insert(const RollingSum& hint) {
        const auto key = key_of(hint);
        words_[key >> shift_] |= std::uint64_t{1} << (key >> 6U & 63U) | std::uint64_t{1} << (key & 63U);
    }
    // false for almost every one that was not inserted; nobody outside can know for which it is not.
    bool may_have(const RollingSum& hint) const {
        const auto key = key_of(hint);
        const auto word = words_[key >> shift_];
        return (word >> (key >> 6U & 63U) & word >> (key & 63U) & 1U) != 0;
    }

  private:
    std::uint32_t key_of(const RollingSum& hint) const {
        return hint.weighted() * weighted_factor_ + hint.sum() * sum_factor_;
    }

    std::uint32_t weighted_factor_;
    std::uint32_t sum_factor_;
    unsigned shift_;
    std::vector<std::uint64_t> words_;
};

}  // namespace kist::delta
