#include "mailbox/lasting_id.hpp"

#include "mailbox/message_identity.hpp"

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

mailproto::ImapFetched seen(std::optional<std::uint64_t> gmail_number, std::optional<std::string> email_id) {
    mailproto::ImapFetched message;
    message.size = 4711;
    message.gmail_number = gmail_number;
    message.email_id = std::move(email_id);
    return message;
}

repository::Entry stored(const os::FileStatus& status, std::uint64_t size) {
    repository::Entry entry;
    entry.metadata.size = size;
    entry.identity = {status.device, status.inode, status.ctime, status.birth_time, false};
    return entry;
}

TEST(LastingId, IsOfOneKindAndOneText) {
    const auto gmail = lasting_id_of(seen(7, std::nullopt));
    const auto other = lasting_id_of(seen(std::nullopt, "7"));
    EXPECT_TRUE(gmail);
    EXPECT_TRUE(other);
    EXPECT_NE(gmail, other);
    EXPECT_EQ(other, lasting_id_of(seen(std::nullopt, "7")));
    EXPECT_NE(other, lasting_id_of(seen(std::nullopt, "8")));
}

TEST(LastingId, NeedsASize) {
    auto message = seen(7, "M7");
    message.size.reset();
    EXPECT_FALSE(lasting_id_of(message));
    EXPECT_FALSE(lasting_id_of(seen(std::nullopt, std::nullopt)));
}

TEST(LastingId, ComesBackFromTheCatalog) {
    for (int n = 0; n < 1000; ++n) {
        const auto id = lasting_id_of(seen(n, std::nullopt));
        auto status = message_status(1, 1700000000, 17);
        set_lasting_id(status, id);
        EXPECT_EQ(lasting_id_of(stored(status, 4711)), id);
        EXPECT_NE(lasting_id_of(stored(status, 4712)), id);
    }
}

TEST(LastingId, IsNoneOfAMessageThatWasStoredWithout) {
    EXPECT_FALSE(lasting_id_of(stored(message_status(1, 1700000000, 17), 4711)));
    EXPECT_FALSE(lasting_id_of(stored(message_status(1, 0, 17), 4711)));
}

}  // namespace
}  // namespace kist::mailbox
