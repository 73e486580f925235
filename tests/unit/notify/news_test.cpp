#include "kist/notify/news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::notify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PartNews part(const std::string& name) {
    return {.name = name, .error = std::nullopt};
}

TEST(BackupMail, SaysWhatFailedAndWhatToDo) {
    News news{.host = "elm", .volume = "stick"};
    news.parts.push_back(
        {.name = "docs", .error = Error(ErrorCode::failed, "the disk is gone", "Plug it in.\nOr not.")});
    news.parts.push_back({.name = "mail", .error = std::nullopt, .done = "snapshot 7"});
    EXPECT_TRUE(news.has_failed());
    const auto mail = mail_about(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the backup of docs FAILED");
    EXPECT_THAT(mail.text, HasSubstr("docs: FAILED\n  the disk is gone\n  What to do: Plug it in.\n    Or not.\n"));
    EXPECT_THAT(mail.text, HasSubstr("mail: done\n  snapshot 7\n"));
    EXPECT_THAT(mail.text, HasSubstr("to stick"));
}

TEST(BackupMail, ListsSomeOfWhatWasSkipped) {
    News news{.host = "elm"};
    auto& docs = news.parts.emplace_back(part("docs"));
    docs.skipped = 60;
    for (int i = 0; i < 60; ++i) docs.examples.emplace_back("/x\n\x1b[31m: no\r\nBcc: all@example.org");
    EXPECT_FALSE(news.has_failed());
    EXPECT_TRUE(news.has_skipped());
    const auto mail = mail_about(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the backup is done, but not complete");
    EXPECT_THAT(mail.text, HasSubstr("docs: done, but not complete; skipped: 60\n"));
    EXPECT_THAT(mail.text, HasSubstr("and 10 more"));
    EXPECT_THAT(mail.text, Not(HasSubstr("\nBcc")));
    EXPECT_THAT(mail.text, Not(HasSubstr("\x1b")));
}

TEST(BackupMail, OfWhatEndedEverything) {
    News news{.host = "elm"};
    news.trouble = Error(ErrorCode::not_found, "no such volume", "");
    EXPECT_EQ(mail_about(news).subject, "Kist on elm: the backup FAILED");
    EXPECT_THAT(mail_about(news).text, HasSubstr("no such volume"));
}

TEST(CheckMail, NamesWhatIsDamaged) {
    News news{.task = Task::check, .host = "elm"};
    auto& stick = news.parts.emplace_back(part("stick"));
    stick.done = "Checked 3 names";
    stick.damaged = 2;
    stick.examples = {R"(latest/files/a\x0ab does not hold what was backed up)"};
    EXPECT_TRUE(news.has_failed());
    const auto mail = mail_about(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the check found DAMAGE in stick");
    EXPECT_EQ(mail.text,
              "Check on elm\n\n"
              "stick: damage was found: 2\n"
              "  Checked 3 names\n"
              "  latest/files/a\\x0ab does not hold what was backed up\n"
              "  and 1 more\n\n"
              "`kist check` names all that is damaged, and `kist repair` heals what can be healed.\n");
}

TEST(CheckMail, OfAFailureComesBeforeDamage) {
    News news{.task = Task::check, .host = "elm"};
    auto& stick = news.parts.emplace_back(part("stick"));
    stick.damaged = 1;
    stick.error = Error(ErrorCode::failed, "the disk is gone", "");
    const auto mail = mail_about(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the check of stick FAILED");
    EXPECT_THAT(mail.text, HasSubstr("stick: FAILED\n  the disk is gone\n"));
    EXPECT_THAT(mail.text, HasSubstr("kist repair"));
    EXPECT_THAT(mail.text, HasSubstr("Run `kist check` again"));
}

TEST(PruneMail, CountsVolumes) {
    News news{.task = Task::prune, .host = "elm"};
    for (const auto* name : {"stick", "shelf"})
        news.parts.push_back({.name = name, .error = Error(ErrorCode::not_found, "not plugged in", "")});
    news.parts.push_back({.name = "desk", .error = std::nullopt, .done = "Forgot 1 snapshot"});
    const auto mail = mail_about(news);
    EXPECT_EQ(mail.subject, "Kist on elm: the pruning of 2 volumes FAILED");
    EXPECT_THAT(mail.text, HasSubstr("desk: done\n  Forgot 1 snapshot\n"));
    EXPECT_THAT(mail.text, HasSubstr("Run `kist prune` again"));
}

TEST(ForgetMail, OfSuccess) {
    News news{.task = Task::forget, .host = "elm"};
    news.parts.push_back(part("stick"));
    EXPECT_FALSE(news.has_failed());
    EXPECT_EQ(mail_about(news).subject, "Kist on elm: forgetting snapshots is done");
    EXPECT_EQ(mail_about(news).text, "Forgetting snapshots on elm\n\nstick: done\n");
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
