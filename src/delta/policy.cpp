#include "kist/delta/policy.hpp"

#include <algorithm>

namespace kist::delta {
namespace {

constexpr std::uint64_t kInPlaceShare = 3;  // a third of the file

}  // namespace

const Rule& rule_for(ByteCount older, ByteCount newer) {
    return *std::ranges::find_if(kRules,
                                 [size = std::max(older, newer)](const Rule& rule) { return size <= rule.up_to; });
}

std::optional<BlockShape> signature_shape(ByteCount size) {
    const auto& rule = rule_for(size, size);
    if (rule.method != Method::blocks) return std::nullopt;
    return BlockShape{rule.level};
}

bool is_worth_keeping(ByteCount delta, ByteCount whole) {
    return delta.value < whole.value / 2;
}

bool patches_in_place(ByteCount differing, ByteCount whole) {
    return differing.value <= whole.value / kInPlaceShare;
}

}  // namespace kist::delta
