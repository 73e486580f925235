#include "repository/entry_row.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

constexpr os::FileFlags kNoDump = 0x40;

Metadata decoded(std::string_view encoded) {
    Metadata metadata;
    decode_attributes(encoded, metadata);
    return metadata;
}

TEST(EntryRow, FlagsStandAmongTheAttributesInTheOrderOfNames) {
    Metadata metadata;
    metadata.attributes = {{"btrfs.compression", "zstd"}, {"user.a", ""}};
    metadata.flags = kNoDump;
    const auto encoded = encode_attributes(metadata);
    EXPECT_EQ(decoded(encoded), metadata);
    EXPECT_LT(encoded.find("btrfs."), encoded.find("kist.flags"));
    EXPECT_LT(encoded.find("kist.flags"), encoded.find("user.a"));
}

TEST(EntryRow, WithoutFlagsNothingStandsThere) {
    EXPECT_EQ(encode_attributes(Metadata{}), "");
    EXPECT_EQ(decoded(""), Metadata{});
}

TEST(EntryRow, FlagsThatNobodySetsDoNotCount) {
    Metadata metadata;
    metadata.flags = kNoDump | 0x80000;  // extents
    EXPECT_EQ(decoded(encode_attributes(metadata)).flags, kNoDump);
}

TEST(EntryRow, RefusesBrokenAttributes) {
    Metadata metadata;
    metadata.flags = kNoDump;
    const auto encoded = encode_attributes(metadata);
    for (std::size_t size = 1; size < encoded.size(); ++size)
        EXPECT_THROW(decoded(encoded.substr(0, size)), Error) << size;
    auto short_value = encoded;
    short_value[14] = 3;  // the length of the value, after that of the name, and the name
    short_value.pop_back();
    EXPECT_THROW(decoded(short_value), Error);
}

}  // namespace
}  // namespace kist::repository
