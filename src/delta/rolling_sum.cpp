#include "delta/rolling_sum.hpp"

#include <array>

namespace kist::delta {
namespace {

// Sums side by side, so that the compiler can compute them at once.
constexpr std::size_t kLanes = 16;
using Lanes = std::array<std::uint32_t, kLanes>;

}  // namespace

RollingSum::RollingSum(std::span<const std::byte> window) {
    Lanes sums{};
    Lanes weighted{};
    for (; window.size() >= kLanes; window = window.subspan(kLanes))
        for (std::size_t i = 0; i < kLanes; ++i) {
            sums[i] += std::to_integer<std::uint32_t>(window[i]);
            weighted[i] += sums[i];
        }
    // A lane's weights count rows; a byte's distance from the end is that many rows less its place in the row.
    for (std::uint32_t i = 0; i < kLanes; ++i) {
        sum_ += sums[i];
        weighted_ += std::uint32_t{kLanes} * weighted[i] - i * sums[i];
    }
    for (const auto byte : window) {
        sum_ += std::to_integer<std::uint32_t>(byte);
        weighted_ += sum_;
    }
}

}  // namespace kist::delta
