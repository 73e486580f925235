#include "mailbox/dovecot_keywords.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

TEST(DovecotKeywords, HaveLettersByTheirOrder) {
    const DovecotKeywords keywords({"Junk", "$Important"});
    EXPECT_EQ(keywords.file(), "0 $Important\n1 Junk\n");
    EXPECT_EQ(keywords.letters_of({"Junk", "$Important"}), "ab");
    EXPECT_EQ(keywords.letters_of({"Junk", "other"}), "b");
    EXPECT_TRUE(DovecotKeywords(std::set<std::string>()).empty());
}

TEST(DovecotKeywords, AreAtMostTwentySix) {
    std::set<std::string> many;
    for (int number = 0; number < 40; ++number) many.insert(fmt::format("k{:02}", number));
    const DovecotKeywords keywords(many);
    EXPECT_EQ(keywords.letters_of(many), "abcdefghijklmnopqrstuvwxyz");
    EXPECT_TRUE(keywords.knows("k25"));
    EXPECT_FALSE(keywords.knows("k26"));
}

TEST(DovecotKeywords, AreReadBack) {
    const auto keywords = DovecotKeywords::parse("3 Junk\n0 a b\nnonsense\n26 beyond\n-1 x\n5\n7 \n25 z");
    EXPECT_EQ(keywords.letters_of({"Junk", "a b", "beyond", "x", "z"}), "adz");
    EXPECT_EQ(DovecotKeywords::parse("").file(), "");
}

}  // namespace
}  // namespace kist::mailbox
