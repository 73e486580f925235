#include "browse/tree_number.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace kist::browse {
namespace {

TEST(TreeNumber, ReturnsWhatItWasMadeOf) {
    constexpr std::int64_t kLastRow = (std::int64_t{1} << 39) - 1;
    constexpr std::int64_t kLastSnapshot = (std::int64_t{1} << 24) - 1;
    for (const Place& place : {Place{}, Place{PlaceKind::host, 0, 1}, Place{PlaceKind::source, 0, 1},
                               Place{PlaceKind::latest, 0, 7}, Place{PlaceKind::wrapping, 3, 0},
                               Place{PlaceKind::entry, 1, 1}, Place{PlaceKind::entry, kLastSnapshot, kLastRow}}) {
        const auto number = number_of(place);
        ASSERT_TRUE(number);
        EXPECT_EQ(place_of(*number), place);
        EXPECT_LE(*number, static_cast<fuse::NodeNumber>(std::numeric_limits<std::int64_t>::max()));
    }
}

TEST(TreeNumber, RefusesWhatDoesNotFit) {
    EXPECT_FALSE(number_of({PlaceKind::entry, std::int64_t{1} << 24, 1}));
    EXPECT_FALSE(number_of({PlaceKind::entry, 1, std::int64_t{1} << 39}));
    EXPECT_FALSE(number_of({PlaceKind::entry, 1, -1}));
    EXPECT_FALSE(number_of({PlaceKind::entry, 0, 1}));
    EXPECT_FALSE(number_of({PlaceKind::source, 0, std::int64_t{1} << 36}));
    for (const fuse::NodeNumber number : {fuse::NodeNumber{0}, fuse::NodeNumber{2}, fuse::NodeNumber{1} << 36,
                                          fuse::NodeNumber{5} << 36 | 1, fuse::NodeNumber{1} << 63})
        EXPECT_FALSE(place_of(number)) << number;
}

}  // namespace
}  // namespace kist::browse
