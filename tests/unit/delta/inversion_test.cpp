#include "kist/delta/inversion.hpp"

#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

TEST(Inversion, WhatWasCopiedTwiceIsTakenBackOnce) {
    const Script forward{10, 20, {{0, 0, 10}, {10, 0, 10}}};
    EXPECT_EQ(invert(forward), (Script{20, 10, {{0, 0, 10}}}));
}

TEST(Inversion, OverlappingSourcesAreJoinedAtTheFurthestEnd) {
    const Script forward{10, 20, {{0, 2, 8}, {8, 0, 3}, {12, 4, 2}}};
    EXPECT_EQ(invert(forward), (Script{20, 10, {{0, 8, 3}, {3, 1, 7}}}));
}

TEST(Inversion, WhatStayedInPlaceStaysInPlace) {
    const Script forward{10, 20, {{0, 5, 5}, {5, 5, 5}}};
    EXPECT_EQ(invert(forward), (Script{20, 10, {{5, 5, 5}}}));
}

TEST(Inversion, OfAnyDeltaRebuildsTheOlderVersion) {
    test::Random random(1);
    const auto cases = test::case_count(20'000);
    for (std::size_t i = 0; i < cases; ++i) {
        const auto older = random.bytes(random.any_size(1000));
        const auto step = test::random_step(random, older);
        const auto& newer = step.target;
        const auto reverse = invert(step.delta.script);
        ASSERT_TRUE(test::holds(reverse, newer, older)) << i;
        // Everything that was copied comes back.
        std::vector<bool> was_copied(older.size());
        for (const auto& copy : step.delta.script.copies)
            for (auto at = copy.source; at < copy.source_end(); ++at) was_copied[at] = true;
        const auto lost = static_cast<std::uint64_t>(std::ranges::count(was_copied, false));
        ASSERT_EQ(literal_bytes(reverse), lost) << i;
    }
}

}  // namespace
}  // namespace kist::delta
