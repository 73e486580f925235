#include "kist/delta/policy.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

TEST(Policy, EverySizeHasARule) {
    EXPECT_EQ(rule_for({0}, {0}).method, Method::whole);
    EXPECT_EQ(rule_for(64 * kKiB, {0}).method, Method::whole);
    EXPECT_EQ(rule_for({0}, 64 * kKiB + ByteCount{1}).method, Method::prefix);
    EXPECT_EQ(rule_for(4 * kMiB, 1 * kMiB).method, Method::prefix);
    EXPECT_EQ(rule_for(4 * kMiB + ByteCount{1}, {0}).method, Method::blocks);
    EXPECT_EQ(rule_for({~std::uint64_t{0}}, {0}).method, Method::blocks);
}

TEST(Policy, BlocksGrowWithTheFile) {
    const auto block_size = [](ByteCount size) { return signature_shape(size)->block_size(); };
    EXPECT_FALSE(signature_shape(4 * kMiB));
    EXPECT_EQ(block_size(5 * kMiB), 4096U);
    EXPECT_EQ(block_size(64 * kMiB + ByteCount{1}), 16'384U);
    EXPECT_EQ(block_size(256 * kGiB), 65'536U);
    EXPECT_EQ(block_size(1024 * kGiB), 262'144U);
}

TEST(Policy, ADeltaOfHalfTheWholeIsNotKept) {
    EXPECT_TRUE(is_worth_keeping({49}, {100}));
    EXPECT_FALSE(is_worth_keeping({50}, {100}));
    EXPECT_FALSE(is_worth_keeping({0}, {1}));
}

TEST(Policy, PatchesInPlaceUnlessMuchDiffers) {
    EXPECT_TRUE(patches_in_place({300}, {900}));
    EXPECT_FALSE(patches_in_place({301}, {900}));
    EXPECT_TRUE(patches_in_place({0}, {0}));
}

}  // namespace
}  // namespace kist::delta
