#include "mailbox/export_names.hpp"

#include <set>

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

TEST(ExportNames, OfFoldersStayWhereTheyBelong) {
    EXPECT_EQ(part_file_name("Entwürfe & mehr"), "Entwürfe & mehr");
    EXPECT_EQ(part_file_name(".."), "%2E%2E");
    EXPECT_EQ(part_file_name("."), "%2E");
    EXPECT_EQ(part_file_name(""), "%-");
    EXPECT_EQ(part_file_name("a/b\\c:d"), "a%2Fb%5Cc%3Ad");
    EXPECT_EQ(part_file_name("100%"), "100%25");
    EXPECT_EQ(part_file_name(std::string_view("a\0b\x1f", 4)), "a%00b%1F");
    EXPECT_EQ(part_file_name("\xff"), "%FF");
    EXPECT_EQ(part_file_name("Dr."), "Dr%2E");
    EXPECT_EQ(part_file_name("blank "), "blank%20");
    EXPECT_EQ(part_file_name("x.sbd"), "x%2Esbd");
}

TEST(ExportNames, OfDifferentFoldersDiffer) {
    std::set<std::string> names;
    const std::string longest(300, 'a');
    const std::vector<std::string> parts{"a",           "a.",
                                         "a%2E",        ".a",
                                         "%2Ea",        "",
                                         "%-",          "a/b",
                                         "a%2Fb",       "x.sbd",
                                         "x%2Esbd",     longest,
                                         longest + "b", longest.substr(0, 150) + "%-",
                                         "\xc3\xa4",    "\xc3"};
    for (const auto& part : parts) {
        const auto name = part_file_name(part);
        EXPECT_LE(name.size(), 251U);  // with ".sbd" it still is a name
        EXPECT_TRUE(names.insert(name).second) << part;
    }
}

TEST(ExportNames, OfFoldersInFolders) {
    EXPECT_EQ(eml_folder({"Lists", "..", "kist"}), "Lists/%2E%2E/kist");
    EXPECT_EQ(mbox_path({"Lists", "x.sbd", "kist"}), "Lists.sbd/x%2Esbd.sbd/kist");
    EXPECT_EQ(mbox_path({"INBOX"}), "INBOX");
}

TEST(ExportNames, OfMessagesSayWhatTheyAre) {
    const auto date = time_at(1795706925);
    EXPECT_EQ(message_file_name(date, "Lunch on Friday", 17), "2026-11-26T15.28.45Z-Lunch on Friday-17.eml");
    EXPECT_EQ(message_file_name(date, "", 17), "2026-11-26T15.28.45Z-17.eml");
    EXPECT_EQ(message_file_name(date, "Re: a/b\n..", 17), "2026-11-26T15.28.45Z-Re_ a_b_..-17.eml");
    std::string subject;
    while (subject.size() < 1000) subject += "ä";
    const auto name = message_file_name(time_at(-kLastSecond), subject, 4294967295);
    EXPECT_LE(name.size(), 255U);
    EXPECT_NE(name.find("ä-4294967295.eml"), std::string::npos);
}

}  // namespace
}  // namespace kist::mailbox
