#include "kist/mailproto/mail_message.hpp"

#include "kist/base/error.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string composed(const std::string& subject, const std::string& text) {
    return compose({"kist@example.org", {"anna@example.org", "bert@example.org"}, subject, text},
                   time_at(1'700'000'000), Uuid{});
}

std::string header_of(const std::string& message) {
    return message.substr(0, message.find("\r\n\r\n"));
}

TEST(MailMessage, IsPlainWhereItCanBe) {
    const auto message = composed("It works", "one\ntwo");
    EXPECT_THAT(message, HasSubstr("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
    EXPECT_THAT(message, HasSubstr("From: <kist@example.org>\r\n"));
    EXPECT_THAT(message, HasSubstr("To: <anna@example.org>,\r\n <bert@example.org>\r\n"));
    EXPECT_THAT(message, HasSubstr("Subject: It works\r\n"));
    EXPECT_THAT(message, HasSubstr("Content-Transfer-Encoding: 7bit\r\n\r\none\r\ntwo\r\n"));
}

TEST(MailMessage, EncodesWhatIsNotAsciiOrTooLong) {
    const auto message = composed("Sicherung von Entwürfe", "Entwürfe\n");
    EXPECT_THAT(message, HasSubstr("Subject: =?utf-8?B?U2ljaGVydW5nIHZvbiBFbnR3w7xyZmU=?=\r\n"));
    EXPECT_THAT(message, HasSubstr("Content-Transfer-Encoding: base64\r\n\r\nRW50d8O8cmZlDQo=\r\n"));
    const auto long_ones = composed(std::string(300, 'x'), std::string(2000, 'y'));
    std::istringstream lines(long_ones);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 79U);
}

TEST(MailMessage, NothingAddsAHeader) {
    const auto message = composed("done\r\nBcc: all@example.org\n\nbody", "x");
    EXPECT_THAT(header_of(message), Not(HasSubstr("\nBcc")));
    EXPECT_THAT(message, HasSubstr("Content-Type"));
    for (const auto* address : {"a\r\nBcc: b@c", "a b@c", "<a@b>", "a", "", "a@b,c@d", "\xc3\xa4@b"})
        EXPECT_THROW(compose({address, {"a@b"}, "", ""}, {}, Uuid{}), Error) << address;
}

TEST(MailMessage, WordsEndWithWholeCharacters) {
    std::string subject;
    for (int i = 0; i < 40; ++i) subject += "\xe2\x82\xac";  // 3 bytes each, and a word has 39
    const auto header = header_of(composed(subject, "x"));
    EXPECT_THAT(header, HasSubstr("=?utf-8?B?4oKs"));
    EXPECT_THAT(header, HasSubstr("?=\r\n =?utf-8?B?4oKs"));
}

}  // namespace
}  // namespace kist::mailproto
