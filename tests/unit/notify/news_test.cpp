#include "kist/notify/news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::notify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BackupMail, SaysWhatFailedAndWhatToDo) {
    BackupNews news{.host = "elm", .volume = "stick"};
    news.sources.push_back({.source = "docs", .error = Error(ErrorCode::failed, "the disk is gone", "Plug it in.")});
    news.sources.push_back({.source = "mail", .error = std::nullopt, .snapshots = {7}});
    EXPECT_TRUE(news.has_failed());
    const auto mail = backup_mail(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the backup of docs FAILED");
    EXPECT_THAT(mail.text, HasSubstr("docs: FAILED\n  the disk is gone\n  What to do: Plug it in.\n"));
    EXPECT_THAT(mail.text, HasSubstr("mail: done\n  snapshot 7\n"));
    EXPECT_THAT(mail.text, HasSubstr("to stick"));
}

TEST(BackupMail, ListsSomeOfWhatWasSkipped) {
    BackupNews news{.host = "elm", .volume = ""};
    SourceNews source{.source = "docs", .error = std::nullopt, .snapshots = {1}, .skipped = 60};
    for (int i = 0; i < 60; ++i) source.examples.push_back({"/x\n\x1b[31m", "no\r\nBcc: all@example.org"});
    news.sources.push_back(source);
    EXPECT_FALSE(news.has_failed());
    EXPECT_TRUE(news.has_skipped());
    const auto mail = backup_mail(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the backup is done, but not complete");
    EXPECT_THAT(mail.text, HasSubstr("and 10 more"));
    EXPECT_THAT(mail.text, Not(HasSubstr("\nBcc")));
    EXPECT_THAT(mail.text, Not(HasSubstr("\x1b")));
}

TEST(BackupMail, OfWhatEndedEverything) {
    BackupNews news{.host = "elm", .volume = ""};
    news.trouble = Error(ErrorCode::not_found, "no such volume", "");
    EXPECT_EQ(backup_mail(news).subject, "Kist on elm: the backup FAILED");
    EXPECT_THAT(backup_mail(news).text, HasSubstr("no such volume"));
}

TEST(OverdueMail, NamesTheSources) {
    const Timestamp now = time_at(1'800'000'000);
    const auto mail = overdue_mail("elm", {{"docs", now - std::chrono::days(9)}, {"mail", std::nullopt}}, now);
    EXPECT_EQ(mail.subject, "Kist on elm: the backups of 2 sources are overdue");
    EXPECT_THAT(mail.text, HasSubstr("9 days ago"));
    EXPECT_THAT(mail.text, HasSubstr("mail: never"));
}

}  // namespace
}  // namespace kist::notify
