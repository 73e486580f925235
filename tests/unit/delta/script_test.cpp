#include "kist/delta/script.hpp"

#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

TEST(Script, JoinsCopiesThatAreOne) {
    Script script{100, 100, {}};
    append(script, {0, 10, 5});
    append(script, {5, 15, 5});
    append(script, {10, 20, 0});
    append(script, {10, 21, 5});
    append(script, {16, 27, 5});
    EXPECT_EQ(script.copies, (std::vector<Copy>{{0, 10, 10}, {10, 21, 5}, {16, 27, 5}}));
    EXPECT_EQ(literal_bytes(script), 80U);
}

TEST(Script, InPlaceLeavesOutWhatMoves) {
    const Script script{100, 100, {{0, 0, 10}, {10, 20, 5}, {50, 50, 50}}};
    EXPECT_EQ(moved_bytes(script), 5U);
    EXPECT_EQ(in_place(script), (Script{100, 100, {{0, 0, 10}, {50, 50, 50}}}));
}

TEST(Script, ItsPiecesCoverTheTargetOnce) {
    test::Random random(1);
    for (int i = 0; i < 500; ++i) {
        const auto basis = random.bytes(random.below(300));
        const auto script = test::random_step(random, basis).delta.script;
        std::uint64_t at = 0;
        for_each_piece(
            script, [&](const Copy& copy) { EXPECT_EQ(std::exchange(at, copy.target_end()), copy.target); },
            [&](std::uint64_t offset, std::uint64_t length) {
                EXPECT_GT(length, 0U);
                EXPECT_EQ(std::exchange(at, offset + length), offset);
            });
        EXPECT_EQ(at, script.target_size);
    }
}

}  // namespace
}  // namespace kist::delta
