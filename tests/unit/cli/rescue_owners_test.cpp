#include "cli/rescue_owners.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using repository::OwnerShare;
using restore::OwnerKind;

const Accounts kHere;
const OwnerShare kRoot{"root", 0, 5};
const OwnerShare kNameless{"", 4711, 5};
const OwnerShare kStranger{"no-such-user-of-kist", 4712, 5};

TEST(RescueOwners, WhoIsKnownHereOrHasNoNameNeedsNothing) {
    EXPECT_TRUE(owners_without_a_place({kRoot, kNameless}, {}, OwnerKind::user, kHere).empty());
    EXPECT_EQ(owners_without_a_place({kRoot, kStranger}, {}, OwnerKind::user, kHere), std::vector{kStranger});
    EXPECT_EQ(owners_without_a_place({kRoot, kStranger}, {}, OwnerKind::group, kHere), std::vector{kStranger});
}

TEST(RescueOwners, ARuleIsAPlace) {
    const auto rule = parse_owner_pair("--map-user", kStranger.name + "=root", OwnerKind::user, kHere);
    EXPECT_EQ(rule.to, 0U);
    EXPECT_TRUE(owners_without_a_place({kStranger}, {rule}, OwnerKind::user, kHere).empty());
    const auto pattern = parse_owner_pair("--map-user", "no-such-*=12", OwnerKind::user, kHere);
    EXPECT_TRUE(owners_without_a_place({kStranger}, {pattern}, OwnerKind::user, kHere).empty());
    const auto other = parse_owner_pair("--map-user", "somebody=12", OwnerKind::user, kHere);
    EXPECT_EQ(owners_without_a_place({kStranger}, {other}, OwnerKind::user, kHere).size(), 1U);
}

TEST(RescueOwners, ANameWithTwoNumbersIsAskedForOnce) {
    auto second = kStranger;
    second.number = 4713;
    const auto missing = owners_without_a_place({kStranger, second}, {}, OwnerKind::user, kHere);
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing.front().entries, 10U);
}

TEST(RescueOwners, WhatIsNoPairIsRefused) {
    for (const auto* pair : {"", "anna", "=root", "anna=", "a,b=root", "a:b=root", "anna=no-such-user-of-kist"})
        EXPECT_THROW(parse_owner_pair("--map-user", pair, OwnerKind::user, kHere), Error) << pair;
}

}  // namespace
}  // namespace kist::cli
