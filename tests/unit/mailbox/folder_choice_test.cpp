#include "kist/mailbox/folder_choice.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

using namespace kist;
using namespace kist::mailbox;

TEST(FolderChoice, TakesEverythingUnlessTold) {
    EXPECT_TRUE(FolderChoice().wants("INBOX"));
    const FolderChoice choice({}, {"Trash", "/Lists/*/Old"});
    EXPECT_TRUE(choice.wants("INBOX"));
    EXPECT_FALSE(choice.wants("Trash"));
    EXPECT_FALSE(choice.wants("Work/Trash"));
    EXPECT_FALSE(choice.wants("Trash/2020"));
    EXPECT_FALSE(choice.wants("Lists/kist/Old"));
    EXPECT_TRUE(choice.wants("Lists/Old"));
}

TEST(FolderChoice, TakesWhatIsBelow) {
    const FolderChoice choice({"INBOX", "/Archive"}, {"Archive/Spam"});
    EXPECT_TRUE(choice.wants("INBOX"));
    EXPECT_TRUE(choice.wants("Archive/2020/May"));
    EXPECT_FALSE(choice.wants("Archive/Spam"));
    EXPECT_FALSE(choice.wants("Sent"));
    EXPECT_THROW(FolderChoice({"["}, {}), Error);
}

TEST(FolderChoice, KnowsWhereMessagesLie) {
    EXPECT_EQ(messages_path("INBOX"), "cur");
    EXPECT_EQ(messages_path("Lists/kist"), ".Lists.kist/cur");
}
