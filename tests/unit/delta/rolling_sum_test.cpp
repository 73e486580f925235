#include "delta/rolling_sum.hpp"

#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

TEST(RollingSum, RolledIsAsIfComputedAnew) {
    test::Random random(1);
    const auto bytes = random.bytes(3000, 256);
    for (const std::uint32_t window : {1U, 2U, 15U, 16U, 17U, 100U, 1024U}) {
        RollingSum sum{std::span(bytes).first(window)};
        for (std::size_t at = 0; at + window < bytes.size(); ++at) {
            ASSERT_EQ(sum.value(), RollingSum(std::span(bytes).subspan(at, window)).value()) << window << " " << at;
            sum.roll(bytes[at], bytes[at + window], window);
        }
    }
}

TEST(RollingSum, OfTwoPartsIsThatOfTheWhole) {
    const auto bytes = test::Random(2).bytes(500, 256);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        RollingSum sum{std::span(bytes).first(cut)};
        sum.append(RollingSum(std::span(bytes).subspan(cut)), static_cast<std::uint32_t>(bytes.size() - cut));
        ASSERT_EQ(sum.value(), RollingSum(bytes).value()) << cut;
        ASSERT_EQ(RollingSum::of_value(sum.value()).value(), sum.value());
    }
}

}  // namespace
}  // namespace kist::delta
