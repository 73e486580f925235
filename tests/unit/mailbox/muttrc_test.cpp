#include "kist/mailbox/muttrc.hpp"

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

TEST(Muttrc, QuotesWhatMuttWouldExpand) {
    EXPECT_EQ(muttrc_word("/a b/$HOME/`id`/\\"), "'/a b/$HOME/`id`/\\'");
    EXPECT_EQ(muttrc_word("it's"), "'it'\\''s'");
    EXPECT_EQ(muttrc_word("a\nb"), "'a'\\012'b'");
}

TEST(Muttrc, NamesEveryFolder) {
    const auto text = muttrc("/mail", {"", ".Lists.kist"});
    EXPECT_NE(text.find("set read_only=yes\n"), std::string::npos);
    EXPECT_NE(text.find("set spoolfile='/mail'\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("mailboxes '/mail'\nmailboxes '/mail/.Lists.kist'\n"));
}

}  // namespace
}  // namespace kist::mailbox
