#include "kist/mailproto/imap_append.hpp"

#include "mailproto/imap_reader.hpp"
#include "unit/mailproto/imap_text.hpp"

#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

KeptFlags kept_by(const std::string& answer) {
    TextSource source(fmt::format("{}\r\na1 OK done\r\n", answer));
    ImapInput input(source);
    KeptFlags kept;
    while (read_answer(input, kept).kind != ImapAnswer::Kind::tagged) {
    }
    return kept;
}

TEST(AppendCommand, NamesTheFolderOnceAndLendsEachMessage) {
    const Timestamp date{std::chrono::seconds(837596665)};  // 17 July 1996
    const std::vector<AppendedMessage> messages{{{"\\Seen", "$Important"}, date, bytes_of("one")},
                                                {{}, date, bytes_of("two!")}};
    const auto parts = append_command("a \"b\"", messages);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].text, "APPEND \"a \\\"b\\\"\" (\\Seen $Important) \"17-Jul-1996 09:44:25 +0000\" ");
    EXPECT_EQ(parts[1].text, " () \"17-Jul-1996 09:44:25 +0000\" ");
    EXPECT_EQ(parts[1].literal.data(), messages[1].bytes.data());
    EXPECT_EQ(parts[1].literal.size(), 4U);
}

TEST(IsFlag, IsAnAtomThatAClientMaySet) {
    for (const auto* good : {"\\Seen", "$Forwarded", "Junk", "a[b", "x'"}) EXPECT_TRUE(is_flag(good)) << good;
    for (const auto* bad : {"", "\\", "\\Recent", "\\recent", "a b", "a(b", "a)", "{1}", "a*", "a%", "a\"", "\\a\\b",
                            "a]", "a\r\nb", "\xc3\xa4"})
        EXPECT_FALSE(is_flag(bad)) << bad;
    EXPECT_FALSE(is_flag(std::string(2000, 'x')));
}

TEST(KeptFlags, AreThoseThatTheFolderNames) {
    const auto some = kept_by("* OK [PERMANENTFLAGS (\\Seen $Known)] kept");
    EXPECT_TRUE(some.keeps("\\seen"));
    EXPECT_TRUE(some.keeps("$Known"));
    EXPECT_FALSE(some.keeps("$Other"));
    EXPECT_FALSE(some.keeps("\\Answered"));
    const auto any = kept_by("* OK [PERMANENTFLAGS (\\Seen \\*)] kept");
    EXPECT_TRUE(any.keeps("$Other"));
    EXPECT_FALSE(any.keeps("\\Answered"));
    EXPECT_FALSE(kept_by("* OK [PERMANENTFLAGS ()] none").keeps("\\Seen"));
    EXPECT_TRUE(kept_by("* 3 EXISTS").keeps("$Whatever"));
}

}  // namespace
}  // namespace kist::mailproto
