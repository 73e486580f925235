#include "mailbox/target_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

using mailproto::ImapFolder;
using mailproto::ImapNaming;
using testing::ElementsAre;

SnapshotFolder folder(const std::string& raw, std::vector<std::string> parts) {
    SnapshotFolder result;
    result.raw = raw;
    result.parts = std::move(parts);
    return result;
}

const std::vector<SnapshotFolder> kBelowInbox{folder("INBOX", {"INBOX"}), folder("INBOX.Sent", {"INBOX", "Sent"}),
                                              folder("INBOX.a.b", {"INBOX", "a", "b"})};

TEST(TargetNames, LeaveOutAnotherServersPrefix) {
    EXPECT_THAT(target_names(kBelowInbox, ImapNaming("", '/'), {}), ElementsAre("INBOX", "Sent", "a/b"));
    EXPECT_THAT(target_names(kBelowInbox, ImapNaming("INBOX.", '.'), {}),
                ElementsAre("INBOX", "INBOX.Sent", "INBOX.a.b"));
}

TEST(TargetNames, TakeTheFolderThatIsThere) {
    ImapFolder sent;
    sent.raw = "INBOX/Sent";
    EXPECT_THAT(target_names(kBelowInbox, ImapNaming("", '/'), {sent}), ElementsAre("INBOX", "INBOX/Sent", "a/b"));
}

TEST(TargetNames, AreNeverTheSameTwice) {
    const std::vector<SnapshotFolder> folders{folder("INBOX", {"INBOX"}), folder("a.b", {"a.b"}),
                                              folder("a_b", {"a_b"}), folder("c//d", {"c", "", "d"})};
    EXPECT_THAT(target_names(folders, ImapNaming("", '.'), {}), ElementsAre("INBOX", "a_b", "a_b_", "c._.d"));
}

}  // namespace
}  // namespace kist::mailbox
