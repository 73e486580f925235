#include "kist/base/path_pattern.hpp"

#include <string>

#include <gtest/gtest.h>

namespace kist {
namespace {

bool matches(const char* pattern, std::string_view path, bool is_directory = false) {
    const auto parsed = PathPattern::parse(pattern);
    EXPECT_TRUE(parsed) << pattern;
    return parsed && parsed->matches(path, is_directory);
}

TEST(PathPattern, WithASlashAtItsBeginningItIsTheWholePath) {
    EXPECT_TRUE(matches("/home/user/a", "/home/user/a"));
    EXPECT_FALSE(matches("/home/user/a", "/home/user/ab"));
    EXPECT_FALSE(matches("/home/user/a", "/mnt/home/user/a"));
    EXPECT_FALSE(matches("/home/user/a", "/home/user"));
    EXPECT_FALSE(matches("/home/user", "/home/user/a"));
}

TEST(PathPattern, WithoutOneItIsTheEndOfIt) {
    for (const auto* path : {"/a.iso", "/home/a.iso", "/home/user/deep/er/a.iso"}) EXPECT_TRUE(matches("*.iso", path));
    EXPECT_TRUE(matches("user/a", "/home/user/a"));
    EXPECT_FALSE(matches("user/a", "/home/superuser/a"));
    EXPECT_FALSE(matches("a", "/a/b"));
    EXPECT_FALSE(matches("*.iso", "/a.iso/b"));
}

TEST(PathPattern, OneStarStopsAtASlashTwoDoNot) {
    EXPECT_TRUE(matches("/home/*/a", "/home/user/a"));
    EXPECT_FALSE(matches("/home/*/a", "/home/user/x/a"));
    EXPECT_TRUE(matches("/home/**/a", "/home/user/x/a"));
    EXPECT_TRUE(matches("/home/**", "/home/user/x/a"));
    EXPECT_FALSE(matches("/home/**", "/home"));
    EXPECT_TRUE(matches("/home/**a", "/home/user/x/ba"));
    EXPECT_TRUE(matches("/**", "/a"));
    EXPECT_TRUE(matches("/*", "/a"));
    EXPECT_FALSE(matches("/*", "/a/b"));
    EXPECT_TRUE(matches("/a*b*c", "/abc"));
    EXPECT_FALSE(matches("/a?c", "/a/c"));
    EXPECT_TRUE(matches("/a?c", "/a\xff\x63"));
}

TEST(PathPattern, Classes) {
    EXPECT_TRUE(matches("/[abc]x", "/bx"));
    EXPECT_FALSE(matches("/[abc]x", "/dx"));
    EXPECT_TRUE(matches("/[a-c][!a-c]", "/bz"));
    EXPECT_FALSE(matches("/[^a-c]", "/b"));
    EXPECT_TRUE(matches("/[]]", "/]"));
    EXPECT_TRUE(matches("/[a-]", "/-"));
    EXPECT_TRUE(matches("/[[:digit:]_][[:upper:]]", "/_A"));
    EXPECT_TRUE(matches("/[\\]a]", "/]"));
    EXPECT_FALSE(matches("/a[!x]b", "/a/b"));
}

TEST(PathPattern, ABackslashTakesSignsAsTheyAre) {
    EXPECT_TRUE(matches("/a\\*", "/a*"));
    EXPECT_FALSE(matches("/a\\*", "/ab"));
    EXPECT_TRUE(matches("/a\nb", "/a\nb"));
}

TEST(PathPattern, WithASlashAtItsEndItMeansDirectories) {
    EXPECT_TRUE(matches("cache/", "/home/cache", true));
    EXPECT_FALSE(matches("cache/", "/home/cache", false));
    EXPECT_TRUE(matches("/home/*//", "/home/cache", true));
}

TEST(PathPattern, KnowsBelowWhatNothingCanMatch) {
    const auto pattern = *PathPattern::parse("/home/*/cache");
    auto progress = pattern.follow(pattern.begin(), "home");
    EXPECT_TRUE(pattern.may_match_below(progress));
    EXPECT_FALSE(pattern.may_match_below(pattern.follow(pattern.begin(), "etc")));
    progress = pattern.follow(progress, "user");
    EXPECT_FALSE(pattern.is_match(progress, true));
    progress = pattern.follow(progress, "cache");
    EXPECT_TRUE(pattern.is_match(progress, true));
    EXPECT_FALSE(pattern.may_match_below(pattern.follow(progress, "x")));
}

TEST(PathPattern, WhatIsNoneIsRefused) {
    for (const auto* text :
         {"", "/", "//", "a[", "a[b", "[]", "[!]", "[[:nothing:]]", "[[:digit", "a\\", "[a\\", "[a-\\"})
        EXPECT_FALSE(PathPattern::parse(text)) << text;
}

TEST(PathPattern, ManyStarsTakeNoTimeToSpeakOf) {
    std::string pattern = "/";
    for (int star = 0; star < 200; ++star) pattern += "a**";
    pattern += "b";
    EXPECT_FALSE(matches(pattern.c_str(), "/" + std::string(4000, 'a')));
}

}  // namespace
}  // namespace kist
