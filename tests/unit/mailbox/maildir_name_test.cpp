#include "mailbox/maildir_name.hpp"

#include <set>

#include <gtest/gtest.h>

using namespace kist::mailbox;

TEST(MaildirName, FoldersHaveNamesOfTheirOwn) {
    EXPECT_EQ(maildir_folder("INBOX", '/'), "");
    EXPECT_EQ(maildir_folder("Lists/kist", '/'), ".Lists.kist");
    EXPECT_EQ(maildir_folder("Lists.kist", '.'), ".Lists.kist");
    EXPECT_EQ(maildir_folder("a.b/c", '/'), ".a%2Eb.c");
    EXPECT_EQ(maildir_folder("a/b.c", '.'), ".a%2Fb.c");
    EXPECT_EQ(maildir_folder("..", '/'), ".%2E%2E");
    EXPECT_EQ(maildir_folder("100%", std::nullopt), ".100%25");
    EXPECT_EQ(maildir_folder("Entwürfe", '/'), ".Entwürfe");
    EXPECT_EQ(maildir_folder("a\n\x7f", '/'), ".a%0A%7F");
    EXPECT_EQ(maildir_folder("inbox", '/'), ".inbox");
    EXPECT_EQ(maildir_folder("/", '/'), ".%2F");
    EXPECT_EQ(maildir_folder("//a//b", '/'), ".%2F.a..b");
    EXPECT_EQ(maildir_folder(".a", '.'), ".%2Ea");
    EXPECT_EQ(maildir_folder("|a", '|'), ".%7Ca");
}

TEST(MaildirName, LongFoldersKeepApart) {
    std::set<std::string> names;
    for (const auto* end : {"a", "b", "c"}) {
        const auto name = maildir_folder(std::string(400, 'x') + end, '/');
        EXPECT_LE(name.size(), 255U);
        names.insert(name);
    }
    EXPECT_EQ(names.size(), 3U);
    EXPECT_EQ(maildir_folder(std::string(254, 'x'), '/'), "." + std::string(254, 'x'));
}

TEST(MaildirName, MessagesGoBothWays) {
    const MessageName message{1700000000, 17, "FS"};
    EXPECT_EQ(to_name(message), "1700000000.17.kist,U=17:2,FS");
    const auto parsed = parse_message_name(to_name(message));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->uid_validity, message.uid_validity);
    EXPECT_EQ(parsed->uid, message.uid);
    EXPECT_EQ(parsed->letters, message.letters);
    for (const auto* wrong : {"", "1.2.kist", "1.2.kist,U=3:2,", "01.2.kist,U=2:2,",
                              "1.4294967296.kist,U=4294967296:2,", "1.2.kist,U=2:2,FFFFFFFFF", "-1.2.kist,U=2:2,"})
        EXPECT_FALSE(parse_message_name(wrong)) << wrong;
}

TEST(MaildirName, FlagsAreLettersAndTheRestAreKeywords) {
    const auto flags =
        flags_of({"\\Seen", "$Forwarded", "\\recent", "zebra", "\\FLAGGED", "$Junk", "\\Answered", "zebra"});
    EXPECT_EQ(flags.letters, "FPRS");
    EXPECT_EQ(flags.keywords, "$Junk zebra");
    EXPECT_EQ(flags_of({"\\Draft", "\\Deleted"}).letters, "DT");
    EXPECT_EQ(flags_of({}).letters, "");
}
