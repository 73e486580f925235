#include "mailbox/mbox_text.hpp"

#include <random>

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

std::string mbox(std::string_view message, Timestamp date = time_at(0)) {
    const auto bytes = to_mbox(std::as_bytes(std::span(message.data(), message.size())), date);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// By the header's words alone.
std::string original(const std::string& text) {
    const auto line = text.find('\n');
    const bool is_unterminated = text.substr(0, line).ends_with(kUnterminated);
    const auto body = text.substr(line + 1, text.size() - line - (is_unterminated ? 3 : 2));
    std::string result;
    for (std::size_t at = 0; at < body.size();) {
        const auto end = std::min(body.find('\n', at), body.size() - 1) + 1;
        const auto text_at = body.find_first_not_of('>', at);
        const bool is_quoted = text_at != std::string::npos && body.compare(text_at, 5, "From ") == 0 && text_at < end;
        result += body.substr(at + (is_quoted ? 1 : 0), end - at - (is_quoted ? 1 : 0));
        at = end;
    }
    return result;
}

TEST(MboxText, HasALineBeforeAndOneBehind) {
    EXPECT_EQ(mbox("From: a@b\r\n\r\nx\r\n"), "From a@b Thu Jan  1 00:00:00 1970\nFrom: a@b\r\n\r\nx\r\n\n");
    EXPECT_EQ(mbox("x"), "From MAILER-DAEMON Thu Jan  1 00:00:00 1970 unterminated\nx\n\n");
    EXPECT_EQ(mbox(""), "From MAILER-DAEMON Thu Jan  1 00:00:00 1970 unterminated\n\n\n");
}

TEST(MboxText, QuotesEveryLineThatLooksLikeOne) {
    const auto text = mbox("\nFrom a\n>From b\n>>From c\n From d\nFromage\n> From e\n");
    EXPECT_EQ(text.substr(text.find('\n') + 1), "\n>From a\n>>From b\n>>>From c\n From d\nFromage\n> From e\n\n");
}

TEST(MboxText, DatesAreThoseOfAsctime) {
    EXPECT_EQ(mbox_date(time_at(1795706925)), "Thu Nov 26 15:28:45 2026");
    EXPECT_EQ(mbox_date(time_at(-1)), "Wed Dec 31 23:59:59 1969");
    EXPECT_EQ(mbox_date(time_at(951782400)), "Tue Feb 29 00:00:00 2000");
}

TEST(MboxText, GivesEveryByteBack) {
    std::mt19937 random(7);
    const std::string_view pieces[] = {"From ", ">", "\n", "\r\n", "x", "\nFrom ", "\n>From ", "unterminated", "\xff"};
    for (int round = 0; round < 5000; ++round) {
        std::string message;
        for (auto count = random() % 12; count > 0; --count) message += pieces[random() % std::size(pieces)];
        const auto text = mbox(message);
        ASSERT_EQ(original(text), message);
        // No line of it looks like the next message's first.
        ASSERT_EQ(text.find("\nFrom "), std::string::npos) << message;
    }
}

}  // namespace
}  // namespace kist::mailbox
