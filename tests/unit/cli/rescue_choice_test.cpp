#include "cli/rescue_choice.hpp"

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using Positions = std::vector<std::size_t>;

TEST(RescueChoice, NumbersAndRangesInAnyOrder) {
    EXPECT_EQ(parse_positions("2", 3), (Positions{1}));
    EXPECT_EQ(parse_positions(" 3  1,1 ", 3), (Positions{0, 2}));
    EXPECT_EQ(parse_positions("1-3 5", 5), (Positions{0, 1, 2, 4}));
    EXPECT_EQ(parse_positions("all", 2), (Positions{0, 1}));
    EXPECT_EQ(parse_positions("2 all", 2), (Positions{0, 1}));
}

TEST(RescueChoice, AnythingElseIsNoChoice) {
    for (const auto* text : {"", " ", "0", "4", "1-4", "3-2", "x", "1x", "-1", "1-", "1-2-3", "alle", "1;2"})
        EXPECT_EQ(parse_positions(text, 3), std::nullopt) << text;
    EXPECT_EQ(parse_positions("all", 0), std::nullopt);
    EXPECT_EQ(parse_positions("99999999999999999999999", 3), std::nullopt);
}

}  // namespace
}  // namespace kist::cli
