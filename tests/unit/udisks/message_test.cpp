#include "udisks/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::udisks {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UdisksError, OfTheRightsSaysWhoDecides) {
    for (const std::string end : {"", "CanObtain", "Dismissed"}) {
        const auto error = error_of("org.freedesktop.UDisks2.Error.NotAuthorized" + end, "Not authorized", "cannot x");
        EXPECT_EQ(error.code(), ErrorCode::failed);
        EXPECT_THAT(error.hint(), HasSubstr("polkit"));
    }
}

TEST(UdisksError, OfAWrongKeyIsNoKeyInTheWordsOfEitherLibblockdev) {
    for (const std::string why :
         {"Failed to activate device: Operation not permitted", "Failed to activate device: Incorrect passphrase."}) {
        const auto error =
            error_of("org.freedesktop.UDisks2.Error.Failed", "Error unlocking /dev/sda: " + why, "cannot x");
        EXPECT_EQ(error.code(), ErrorCode::no_key);
    }
    const auto other = error_of("org.freedesktop.UDisks2.Error.Failed", "Error mounting: Operation not permitted", "x");
    EXPECT_EQ(other.code(), ErrorCode::failed);
}

TEST(UdisksError, OfADeviceInUseIsBusy) {
    EXPECT_EQ(error_of("org.freedesktop.UDisks2.Error.DeviceBusy", "in use", "x").code(), ErrorCode::busy);
    EXPECT_EQ(error_of("org.freedesktop.UDisks2.Error.Failed", "umount: /media/x: target is busy.", "x").code(),
              ErrorCode::busy);
}

TEST(UdisksError, ShowsNoRawControlCharacters) {
    const auto error = error_of("org.example.Error", "label \x1b[31m", "cannot x");
    EXPECT_THAT(error.message(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kist::udisks
