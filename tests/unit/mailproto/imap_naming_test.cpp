#include "kist/mailproto/imap_naming.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

TEST(ImapNaming, UsesTheServersSeparator) {
    const ImapNaming dots("", '.');
    EXPECT_EQ(dots.server_name("Lists/kist"), "Lists.kist");
    EXPECT_EQ(dots.server_name("inbox"), "INBOX");
    EXPECT_EQ(dots.server_name("inbox/kist"), "INBOX.kist");
    EXPECT_EQ(dots.server_name(std::vector<std::string>{"v1.2", "a/b"}), "v1_2.a/b");
    EXPECT_EQ(ImapNaming("", std::nullopt).server_name("Lists/kist"), "Lists_kist");
}

TEST(ImapNaming, BeginsAsTheServersNamesDo) {
    const ImapNaming below("INBOX.", '.');
    EXPECT_EQ(below.server_name("Lists/kist"), "INBOX.Lists.kist");
    EXPECT_EQ(below.server_name("INBOX/Lists/kist"), "INBOX.Lists.kist");
    EXPECT_EQ(below.server_name("INBOX"), "INBOX");
}

TEST(ImapNaming, WritesModifiedUtf7AndNoLineBreak) {
    const ImapNaming slashes("", '/');
    EXPECT_EQ(slashes.server_name("Entw\xc3\xbcrfe & mehr"), "Entw&APw-rfe &- mehr");
    EXPECT_EQ(slashes.server_name("\xff\r\n").find_first_of("\r\n"), std::string::npos);
}

TEST(ImapNaming, RefusesEmptyParts) {
    const ImapNaming slashes("", '/');
    for (const auto* name : {"", "/", "a/", "/a", "a//b"}) EXPECT_THROW(slashes.server_name(name), Error) << name;
}

}  // namespace
}  // namespace kist::mailproto
