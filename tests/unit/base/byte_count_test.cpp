#include "kist/base/byte_count.hpp"

#include <gtest/gtest.h>

namespace kist {
namespace {

TEST(ByteCount, PrintsThreeDigits) {
    EXPECT_EQ(to_string(ByteCount{0}), "0 B");
    EXPECT_EQ(to_string(ByteCount{999}), "999 B");
    EXPECT_EQ(to_string(ByteCount{1536}), "1.50 KiB");
    EXPECT_EQ(to_string(212 * kMiB), "212 MiB");
    EXPECT_EQ(to_string(1000 * kMiB), "0.98 GiB");
}

TEST(ByteCount, ParsesWhatPeopleType) {
    EXPECT_EQ(parse_byte_count("4096"), ByteCount{4096});
    EXPECT_EQ(parse_byte_count("4G"), 4 * kGiB);
    EXPECT_EQ(parse_byte_count("4GiB"), 4 * kGiB);
    EXPECT_EQ(parse_byte_count("512 MiB"), 512 * kMiB);
    EXPECT_EQ(parse_byte_count("1.5k"), ByteCount{1536});
    EXPECT_EQ(parse_byte_count("2GB"), ByteCount{2'000'000'000});
}

TEST(ByteCount, RefusesWhatIsNoSize) {
    for (const auto* text : {"", "G", "-1", "4X", "4 GiBs", "4G ", "99999999999P", "0x10", "nan", "inf"})
        EXPECT_EQ(parse_byte_count(text), std::nullopt) << text;
}

}  // namespace
}  // namespace kist
