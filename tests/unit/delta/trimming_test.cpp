#include "kist/delta/trimming.hpp"

#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

Script trimmed(const Script& script, const test::Bytes& target, const test::Bytes& basis) {
    return trim(script, read_bytes(target), read_bytes(basis));
}

TEST(Trimming, OneChangedByteIsOneLiteralByte) {
    auto target = test::Random(1).bytes(100'000, 256);
    const auto basis = target;
    target[70'000] ^= std::byte{1};
    const Script whole{100'000, 100'000, {}};
    const Script tight{100'000, 100'000, {{0, 0, 70'000}, {70'001, 70'001, 29'999}}};
    EXPECT_EQ(trimmed(whole, target, basis), tight);
    EXPECT_EQ(trimmed({100'000, 100'000, {{0, 0, 65'536}, {81'920, 81'920, 18'080}}}, target, basis), tight);
}

TEST(Trimming, ALiteralThatIsNoneGoesAwayAndItsNeighboursJoin) {
    const auto content = test::Random(2).bytes(1000, 256);
    EXPECT_EQ(trimmed({1000, 1000, {{0, 0, 100}, {300, 300, 200}}}, content, content),
              (Script{1000, 1000, {{0, 0, 1000}}}));
}

TEST(Trimming, OfAnyScriptNeverCostsAndAlwaysHolds) {
    test::Random random(3);
    const auto cases = test::case_count(5000);
    for (std::size_t i = 0; i < cases; ++i) {
        const auto basis = random.bytes(random.any_size(1000), 2);
        const auto step = test::random_step(random, basis);
        const auto script = trimmed(step.delta.script, step.target, basis);
        ASSERT_TRUE(test::holds(script, basis, step.target)) << i;
        ASSERT_LE(literal_bytes(script), literal_bytes(step.delta.script)) << i;
        // As far as it goes: no literal begins or ends with what its neighbour could go on with.
        for (const auto& copy : script.copies) {
            if (copy.target == 0 || copy.source == 0) continue;
            const bool follows =
                std::ranges::find(script.copies, copy.target, &Copy::target_end) != script.copies.end();
            ASSERT_TRUE(follows || basis[copy.source - 1] != step.target[copy.target - 1]) << i;
        }
    }
}

}  // namespace
}  // namespace kist::delta
