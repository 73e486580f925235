#include "delta/hint_filter.hpp"

#include <algorithm>
#include <bit>
#include <random>

namespace kist::delta {
namespace {

// At most: one lookup in 250 is in vain then. A smaller filter has more of them, a larger one leaves the cache.
constexpr std::size_t kHintsInWord = 2;
constexpr std::size_t kMostWords = std::size_t{1} << 31U;

std::uint32_t random_odd_number() {
    return std::random_device()() | 1U;
}

}  // namespace

HintFilter::HintFilter(std::size_t hints)
    : weighted_factor_(random_odd_number()),
      sum_factor_(random_odd_number()),
      words_(std::min(std::bit_ceil(std::max<std::size_t>(hints / kHintsInWord, 2)), kMostWords)) {
    shift_ = 32U - static_cast<unsigned>(std::countr_zero(words_.size()));
}

}  // namespace kist::delta
