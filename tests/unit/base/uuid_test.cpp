#include "kist/base/uuid.hpp"

#include <gtest/gtest.h>

namespace kist {
namespace {

TEST(Uuid, ReadsBackWhatItPrints) {
    const auto uuid = random_uuid();
    EXPECT_EQ(parse_uuid(to_string(uuid)), uuid);
    EXPECT_NE(random_uuid(), uuid);
    EXPECT_EQ(to_string(uuid)[14], '4');
}

TEST(Uuid, RefusesOtherText) {
    EXPECT_EQ(parse_uuid(""), std::nullopt);
    EXPECT_EQ(parse_uuid("123e4567-e89b-12d3-a456-42661417400"), std::nullopt);
    EXPECT_EQ(parse_uuid("123e4567xe89b-12d3-a456-426614174000"), std::nullopt);
    EXPECT_EQ(parse_uuid("123e4567-e89b-12d3-a456-42661417400g"), std::nullopt);
}

}  // namespace
}  // namespace kist
