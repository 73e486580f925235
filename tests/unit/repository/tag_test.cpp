#include "kist/base/error.hpp"
#include "kist/repository/snapshot.hpp"

#include "repository/source_row.hpp"

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

TEST(Tag, IsAPrintableWord) {
    for (const auto* text : {"a", "before-upgrade", "v1.2+rc_3", "x@y:z/w", "\"'$*"}) EXPECT_TRUE(is_tag(text)) << text;
    for (const auto* text : {"", "-a", "a b", "a,b", "a\tb", "a\n", "\x7f", "\xc3\xbc"})
        EXPECT_FALSE(is_tag(text)) << text;
    EXPECT_TRUE(is_tag(std::string(64, 'x')));
    EXPECT_FALSE(is_tag(std::string(65, 'x')));
}

TEST(Tag, SeveralAreOneTextAndBack) {
    EXPECT_EQ(join_tags({}), "");
    EXPECT_EQ(join_tags({"a", "b", "c"}), "a,b,c");
    EXPECT_EQ(split_tags("a,b,c"), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(split_tags("").empty());
}

TEST(Tag, WhatNoProgramWritesIsDamage) {
    for (const auto* text : {",", "a,,b", ",a", "b,a", "a,a", "a, b", "\x01"})
        EXPECT_THROW(split_tags(text), Error) << text;
}

}  // namespace
}  // namespace kist::repository
