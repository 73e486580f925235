#include "volume/foreign_mapping.hpp"

#include <gtest/gtest.h>

namespace kist::volume {
namespace {

TEST(ForeignMapping, LuksMappingsAreKnownByTheirOwnUuid) {
    const auto luks = parse_uuid("11111111-2222-4333-8444-555555555555");
    EXPECT_EQ(luks_uuid_of_mapping("CRYPT-LUKS2-11111111222243338444555555555555-kist-1"), luks);
    EXPECT_EQ(luks_uuid_of_mapping("CRYPT-LUKS1-11111111222243338444555555555555-luks-a-b"), luks);
}

TEST(ForeignMapping, OtherMappingsAreNot) {
    for (const std::string text :
         {"", "LVM-abc", "CRYPT-PLAIN-disk", "CRYPT-LUKS2-", "CRYPT-LUKS2-1111", "CRYPT-SUBDEV-x",
          "CRYPT-LUKS2-11111111222243338444555555555555", "CRYPT-LUKS2-111111112222433384445555555555556-x",
          "CRYPT-LUKS2-zzzzzzzz222243338444555555555555-x"})
        EXPECT_EQ(luks_uuid_of_mapping(text), std::nullopt) << text;
}

}  // namespace
}  // namespace kist::volume
