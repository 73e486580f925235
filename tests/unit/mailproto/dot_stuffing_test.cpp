#include "mailproto/dot_stuffing.hpp"

#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

struct Unstuffed {
    std::string content;
    std::size_t taken = 0;
    bool is_complete = false;
};

Unstuffed unstuff(std::string_view input, std::size_t piece) {
    Unstuffed result;
    DotUnstuffer unstuffer;
    while (result.taken < input.size() && !unstuffer.is_complete())
        result.taken += unstuffer.feed(input.substr(result.taken, piece),
                                       [&](std::string_view content) { result.content += content; });
    result.is_complete = unstuffer.is_complete();
    return result;
}

struct Example {
    std::string_view sent;
    std::string_view content;
};

constexpr Example kExamples[] = {
    {".\r\n", ""},
    {"a\r\n.\r\n", "a\r\n"},
    {"..\r\n.\r\n", ".\r\n"},
    {"..a\r\n...\r\n.\r\n", ".a\r\n..\r\n"},
    {".a\r\n.\r\n", "a\r\n"},
    {"a.\r\nb.c\r\n.\r\n", "a.\r\nb.c\r\n"},
    {"lone \n.\n LF\r\n.\r\n", "lone \n.\n LF\r\n"},
    {"lone \r.\r CR\r\n.\r\n", "lone \r.\r CR\r\n"},
    {".\r.\r\n.\r\n", "\r.\r\n"},
    {".\r\r\n.\r\n", "\r\r\n"},
    {"\r\n\r\n.\r\n", "\r\n\r\n"},
    {"\r\r\n.\r\n", "\r\r\n"},
};

TEST(DotStuffing, IsTakenAwayWhateverThePieces) {
    for (const auto& example : kExamples)
        for (std::size_t piece = 1; piece <= example.sent.size() + 1; ++piece) {
            const auto result = unstuff(example.sent, piece);
            EXPECT_EQ(result.content, example.content) << "in pieces of " << piece;
            EXPECT_TRUE(result.is_complete);
        }
}

TEST(DotStuffing, WhatFollowsTheEndIsNotTaken) {
    const auto result = unstuff("a\r\n.\r\n+OK next", 100);
    EXPECT_EQ(result.taken, 6u);
    EXPECT_EQ(result.content, "a\r\n");
    EXPECT_FALSE(unstuff("a\r\n.\r", 100).is_complete);
    EXPECT_FALSE(unstuff("a\n.\n", 100).is_complete);
}

TEST(DotStuffing, SendsWhatIsTakenAwayAgain) {
    EXPECT_EQ(dot_stuffed(""), ".\r\n");
    EXPECT_EQ(dot_stuffed("a\n.b\n..\nc"), "a\r\n..b\r\n...\r\nc\r\n.\r\n");
    EXPECT_EQ(unstuff(dot_stuffed(".\r\n.\r\nx\r\n"), 3).content, ".\r\n.\r\nx\r\n");
}

}  // namespace
}  // namespace kist::mailproto
