#include "mailbox/encoded_words.hpp"

#include "mailbox/character_set.hpp"
#include "mailbox/utf8.hpp"

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

TEST(EncodedWords, AreDecoded) {
    EXPECT_EQ(decode_words("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>"),
              "Keld Jørn Simonsen <keld@dkuug.dk>");
    EXPECT_EQ(decode_words("=?US-ASCII*EN?Q?Keith_Moore?="), "Keith Moore");  // RFC 2231
    EXPECT_EQ(decode_words("=?utf-8?b?SsO2cmc?="), "Jörg");                   // without its padding
    EXPECT_EQ(decode_words("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="), "日本");
    EXPECT_EQ(decode_words("=?gb2312?B?xOO6ww==?="), "你好");
    EXPECT_EQ(decode_words("=?koi8-r?B?8NLJ18XU?="), "Привет");
    EXPECT_EQ(decode_words("=?windows-1252?Q?=80_5?="), "€ 5");
}

TEST(EncodedWords, LoseTheBlanksBetweenThem) {
    EXPECT_EQ(decode_words("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)"), "(ab)");
    EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?=  \r\n  =?utf-8?Q?b?="), "ab");
    EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?= b"), "a b");
    EXPECT_EQ(decode_words("a =?ISO-8859-1?Q?b?= c"), "a b c");
    EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a_b?="), "a b");
}

TEST(EncodedWords, MayCutACharacterInTwo) {
    EXPECT_EQ(decode_words("=?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg?="), "Jörg");
}

TEST(EncodedWords, StayWhereNobodyKnowsThem) {
    EXPECT_EQ(decode_words("=?x-unknown?Q?a?= b"), "=?x-unknown?Q?a?= b");
    EXPECT_EQ(decode_words("=?utf-8?X?a?="), "=?utf-8?X?a?=");
    EXPECT_EQ(decode_words("=?utf-8?Q?a"), "=?utf-8?Q?a");
    EXPECT_EQ(decode_words("a=?b"), "a=?b");
    EXPECT_EQ(decode_words("=?../../evil//TRANSLIT?Q?a?="), "=?../../evil//TRANSLIT?Q?a?=");
}

TEST(EncodedWords, NeedNotBeWhereOthersThanAsciiStand) {
    EXPECT_EQ(decode_words("Jörg"), "Jörg");
    EXPECT_EQ(decode_words("J\xf6rg"), "Jörg");
}

TEST(CharacterSet, ReplacesWhatIsImpossible) {
    EXPECT_EQ(to_utf8("a\x81", "euc-kr"), "a\xef\xbf\xbd");
    EXPECT_EQ(to_utf8("\x80", "gbk").value_or("").substr(0, 3), "\xef\xbf\xbd");
    EXPECT_FALSE(to_utf8("a", "utf-8-but-much-longer-than-a-name-is"));
    EXPECT_FALSE(to_utf8("a", "iso-8859-1//translit"));
}

TEST(Utf8, IsCleaned) {
    EXPECT_EQ(clean_text("  a\t\r\n b\x01\x7f\xc2\x85"), "a b");
    EXPECT_EQ(clean_text("a\xff\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(clean_text(""), "");
}

TEST(Utf8, FoldsLettersOfManyScripts) {
    EXPECT_EQ(fold_case("ABC xyz ÄÖÜ ПРИВЕТ ΑΒΓ"), "abc xyz äöü привет αβγ");
    EXPECT_EQ(fold_case("日本 \xff"), "日本 \xff");
}

TEST(Utf8, IsCutBetweenCharacters) {
    EXPECT_EQ(cut_utf8("aäb", 2), "a");
    EXPECT_EQ(cut_utf8("aäb", 3), "aä");
    EXPECT_EQ(cut_utf8("aäb", 9), "aäb");
    EXPECT_EQ(cut_utf8("\x80\x80\x80", 2), "");
}

}  // namespace
}  // namespace kist::mailbox
