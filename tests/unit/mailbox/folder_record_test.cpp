#include "mailbox/folder_record.hpp"

#include <algorithm>

#include <gtest/gtest.h>

using namespace kist;
using namespace kist::mailbox;

TEST(FolderRecord, ComesBackFromItsAttributes) {
    const FolderRecord record{"Entw&APw-rfe", "/", true, 1700000000, 18, 12345678901234, 17};
    const auto attributes = attributes_of(record);
    EXPECT_TRUE(std::ranges::is_sorted(attributes, {}, &os::ExtendedAttribute::name));
    EXPECT_EQ(record_of(attributes), record);
    const FolderRecord bare{"x", "", false, 0, 0, 0, 0};
    EXPECT_EQ(attributes_of(bare).size(), 1U);
    EXPECT_EQ(record_of(attributes_of(bare)), bare);
}

TEST(FolderRecord, WhatIsImpossibleIsNotKnown) {
    EXPECT_FALSE(record_of({}));
    EXPECT_TRUE(attributes_of({}).empty());
    for (const auto* wrong : {"", "-1", "4294967296", "12x", "\x01"}) {
        const auto record = record_of({{"user.kist.mail.folder", "x"}, {"user.kist.mail.uidvalidity", wrong}});
        ASSERT_TRUE(record);
        EXPECT_EQ(record->uid_validity, 0U) << wrong;
    }
}
