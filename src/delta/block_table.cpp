#include "delta/block_table.hpp"

#include <bit>
#include <limits>
#include <random>

namespace kist::delta {
namespace {

constexpr int kSameHint = 4;

std::uint64_t random_odd_number() {
    static const std::uint64_t number = [] {
        std::random_device source;
        return std::uint64_t{source()} << 32U | source() | 1U;
    }();
    return number;
}

// Of full blocks only, and not of more than a slot can name.
std::uint64_t blocks_in_table(const KnownSignature& signature) {
    auto full = signature.block_count();
    if (signature.block_length(full - 1) < signature.shape().block_size()) --full;
    return std::min<std::uint64_t>(full, std::numeric_limits<std::uint32_t>::max() - 1);
}

}  // namespace

BlockTable::BlockTable(const KnownSignature& signature)
    : signature_(signature), factor_(random_odd_number()), filter_(blocks_in_table(signature)) {
    const auto blocks = blocks_in_table(signature);
    slots_.resize(std::bit_ceil(std::max<std::size_t>(2 * blocks, 64)));
    slot_shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots_.size()));
    for (std::uint32_t block = 0; block < blocks; ++block) insert(block);
}

void BlockTable::insert(std::uint32_t block) {
    const auto hint = signature_.hint(block);
    int same = 0;
    auto slot = scrambled(hint) >> slot_shift_;
    for (; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
        if (signature_.hint(slots_[slot] - 1) == hint && ++same == kSameHint) return;
    }
    slots_[slot] = block + 1;
    filter_.insert(RollingSum::of_value(hint));
}

bool BlockTable::has(std::uint64_t hint) const {
    for (auto slot = scrambled(hint) >> slot_shift_; slots_[slot] != 0; slot = (slot + 1) % slots_.size())
        if (signature_.hint(slots_[slot] - 1) == hint) return true;
    return false;
}

std::optional<std::uint64_t> BlockTable::find(std::uint64_t hint, const Digest& node) const {
    for (auto slot = scrambled(hint) >> slot_shift_; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
        const auto block = slots_[slot] - 1;
        if (signature_.hint(block) == hint && signature_.node(block) == node) return block;
    }
    return std::nullopt;
}

}  // namespace kist::delta
