#include "delta/gap_matcher.hpp"

namespace kist::delta {

GapMatcher::GapMatcher(const KnownSignature& older, const BlockTable& table)
    : older_(older), table_(table), block_size_(older.shape().block_size()), hasher_(older.shape(), older.size()) {}

void GapMatcher::match(const Gap& gap, std::vector<Copy>& copies) {
    gap_ = gap;
    copies_ = &copies;
    shift_ = 0;
    in_vain_ = 0;
    for (std::size_t at = 0; at < gap_.length;) {
        const auto end = continue_from(at);
        at = end != at ? end : roll_from(at);
    }
}

// The block that is due when nothing was inserted or removed since the last one found.
std::optional<std::uint64_t> GapMatcher::expected_block(std::size_t at) const {
    const auto source = gap_.offset + at + shift_;
    if (source % block_size_ != 0 || source >= older_.size()) return std::nullopt;
    return source / block_size_;
}

// Also finds the last block, which may be a short one and is not in the table.
std::size_t GapMatcher::continue_from(std::size_t at) {
    const auto block = expected_block(at);
    if (!block) return at;
    const auto length = older_.block_length(*block);
    if (length > gap_.bytes.size() - at) return at;
    const auto window = gap_.bytes.subspan(at, length);
    if (RollingSum(window).value() != older_.hint(*block)) return at;
    if (hasher_.node_of(window) != older_.node(*block)) return at;
    return take(at, *block);
}

// The end of the next block found, or of the gap.
std::size_t GapMatcher::roll_from(std::size_t at) {
    const auto bytes = gap_.bytes;
    if (block_size_ > bytes.size() - at) return gap_.length;
    const auto last = std::min(bytes.size() - block_size_, gap_.length - 1);
    for (RollingSum sum(bytes.subspan(at, block_size_)); roll_to_hint(sum, at, last); ++at) {
        if (const auto block = find_block(at, sum.value())) return take(at, *block);
        if (at == last || in_vain_ > bytes.size()) break;
        sum.roll(bytes[at], bytes[at + block_size_], static_cast<std::uint32_t>(block_size_));
    }
    return gap_.length;
}

// To the next place that has a hint which some block may have. Every byte that differs goes through this loop: it works
// on what stays in registers.
bool GapMatcher::roll_to_hint(RollingSum& sum, std::size_t& at, std::size_t last) const {
    const auto length = static_cast<std::uint32_t>(block_size_);
    const auto* const out = gap_.bytes.data();
    const auto* const in = out + block_size_;
    auto rolling = sum;
    auto place = at;
    while (!table_.may_have(rolling)) {
        if (place == last) return false;
        rolling.roll(out[place], in[place], length);
        ++place;
    }
    sum = rolling;
    at = place;
    return true;
}

std::optional<std::uint64_t> GapMatcher::find_block(std::size_t at, std::uint64_t hint) {
    if (!table_.has(hint)) return std::nullopt;
    const auto node = hasher_.node_of(gap_.bytes.subspan(at, block_size_));
    if (const auto expected = expected_block(at); expected && older_.node(*expected) == node) return expected;
    const auto found = table_.find(hint, node);
    if (!found) in_vain_ += block_size_;
    return found;
}

std::size_t GapMatcher::take(std::size_t at, std::uint64_t block) {
    const Copy copy{gap_.offset + at, block * block_size_, older_.block_length(block)};
    shift_ = copy.source - copy.target;
    copies_->push_back(copy);
    return at + copy.length;
}

}  // namespace kist::delta
