#include "kist/delta/composition.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/inversion.hpp"

#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

TEST(Composition, JoinsWhatTheMiddleHadSplit) {
    // C -> B inserts two bytes, B -> A removes them.
    const Script b_from_c{10, 12, {{0, 0, 5}, {7, 5, 5}}};
    const Script a_from_b{12, 10, {{0, 0, 5}, {5, 7, 5}}};
    EXPECT_EQ(compose(a_from_b, b_from_c), (Script{10, 10, {{0, 0, 10}}}));
}

TEST(Composition, RefusesDeltasThatDoNotFit) {
    EXPECT_THROW(compose(Script{10, 10, {}}, Script{10, 11, {}}), Error);
}

TEST(Composition, StopsAtItsLimits) {
    const Script b_from_c{0, 10, {}};
    const Script a_from_b{10, 30, {{0, 0, 10}, {10, 0, 10}, {20, 0, 10}}};
    EXPECT_TRUE(compose(a_from_b, b_from_c, {.literal_bytes = 30}));
    EXPECT_FALSE(compose(a_from_b, b_from_c, {.literal_bytes = 29}));
    const Script split{10, 10, {{0, 0, 4}, {5, 5, 5}}};
    EXPECT_TRUE(compose(a_from_b, split, {.copies = 6}));
    EXPECT_FALSE(compose(a_from_b, split, {.copies = 5}));
}

TEST(Composition, OfAnyTwoStepsMakesTheSameTarget) {
    test::Random random(1);
    const auto cases = test::case_count(20'000);
    for (std::size_t i = 0; i < cases; ++i) {
        const auto c = random.bytes(random.any_size(1000));
        auto b = test::random_step(random, c);
        auto a = test::random_step(random, b.target);
        const auto composed = compose(std::move(a.delta), std::move(b.delta));
        ASSERT_TRUE(composed);
        ASSERT_TRUE(test::holds(composed->script, c, a.target)) << i;
        ASSERT_EQ(test::patched(*composed, c, content_hash(a.target)), a.target) << i;
    }
}

// Reverse deltas as a history keeps them: encoded, from the newest version back, composed one after the other.
TEST(Composition, AWholeChainOfStoredReverseDeltasIsOneDelta) {
    test::Random random(2);
    const auto cases = test::case_count(500);
    for (std::size_t i = 0; i < cases; ++i) {
        std::vector<test::Bytes> versions{random.bytes(random.any_size(1000))};
        std::vector<test::Bytes> streams;
        std::vector<Delta> reverses;
        for (int day = 0; day < 8; ++day) {
            auto step = test::random_step(random, versions.back());
            const Delta reverse{invert(step.delta.script), read_bytes(versions.back())};
            streams.push_back(test::encoded(reverse));
            reverses.push_back(test::decoded(streams.back(), reverse.script));
            versions.push_back(std::move(step.target));
        }
        // A vector that grows moves the streams, so they are decoded again where they stay.
        for (std::size_t day = 0; day < streams.size(); ++day)
            reverses[day] = test::decoded(streams[day], reverses[day].script);
        auto chain = reverses.back();
        for (auto day = reverses.size() - 1; day-- > 0;) {
            chain = *compose(reverses[day], std::move(chain));
            ASSERT_EQ(test::patched(chain, versions.back(), content_hash(versions[day])), versions[day]) << i;
        }
    }
}

}  // namespace
}  // namespace kist::delta
