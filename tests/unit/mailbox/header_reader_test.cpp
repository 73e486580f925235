#include "mailbox/header_reader.hpp"

#include "mailbox/utf8.hpp"

#include <random>

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

repository::MailHeader read(std::string_view text) {
    return read_header(std::as_bytes(std::span(text.data(), text.size())));
}

std::string sender(std::string_view text) {
    return envelope_sender(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(HeaderReader, FindsWhatPeopleSearchFor) {
    const auto header = read(
        "Received: from a\r\n\tby b; now\r\nfrom: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTo: anna@example.org,\r\n"
        "  bert@example.org\r\nCC: carl@example.org\r\nSubject: =?iso-8859-1?Q?K=E4se?=\r\n =?iso-8859-1?Q?kuchen?= "
        "today\r\nMessage-Id: <1@example.org>\r\n\r\nSubject: not this\r\n");
    EXPECT_EQ(header,
              (repository::MailHeader{"Jörg <j@example.org>", "anna@example.org, bert@example.org, carl@example.org",
                                      "Käsekuchen today", "<1@example.org>"}));
}

TEST(HeaderReader, TakesLinesThatEndAsUnixEndsThem) {
    EXPECT_EQ(read("Subject: a\n b\nFrom: x\n\nTo: y\n"), (repository::MailHeader{"x", "", "a b", ""}));
}

TEST(HeaderReader, PassesOverWhatIsNoField) {
    EXPECT_EQ(read(">From a@b Thu\r\n: nameless\r\n folded\r\nnot a field\r\nSub ject: x\r\nSubject : y\r\n").subject,
              "y");
    EXPECT_EQ(read("").subject, "");
    EXPECT_EQ(read("\r\nSubject: body\r\n").subject, "");
    EXPECT_EQ(read("Subject: the first\r\nSubject: the second").subject, "the first");
}

TEST(HeaderReader, LooksAtTheBeginningOnly) {
    const auto far = "X: " + std::string(kHeaderLimit, 'x') + "\r\nSubject: too far\r\n\r\n";
    EXPECT_EQ(read(far).subject, "");
    EXPECT_LE(read("Subject: " + std::string(3 * kHeaderLimit, 'x')).subject.size(), kHeaderLimit);
}

TEST(HeaderReader, KnowsWhoSentIt) {
    EXPECT_EQ(sender("From: B <b@x>\r\nSender: S <s@x>\r\nReturn-Path: <r@x>\r\n"), "r@x");
    EXPECT_EQ(sender("From: B <b@x>\r\nSender: s@x (S)\r\nReturn-Path: <>\r\n"), "s@x");
    EXPECT_EQ(sender("From: \"a, b\" <b@x>\r\n"), "b@x");
    EXPECT_EQ(sender("From: one@x, two@x\r\n"), "one@x");
    EXPECT_EQ(sender("From: <a b@x>\r\n"), "MAILER-DAEMON");
    EXPECT_EQ(sender("From: <" + std::string(300, 'a') + "@x>\r\n"), "MAILER-DAEMON");
    EXPECT_EQ(sender("From: undisclosed\r\n"), "MAILER-DAEMON");
    EXPECT_EQ(sender(""), "MAILER-DAEMON");
}

// Whatever comes: it ends, and what it gives is UTF-8 without controls.
TEST(HeaderReader, TakesAnything) {
    const std::string seed =
        "From: =?utf-8?B?SsO2cmc=?= <j@x>\r\nTo: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <n@x>,\r\n\t=?gb2312?q?=C4=E3?= "
        "<m@x>\r\n"
        "Subject: =?utf-8?Q?=F0=9F=98?= =?utf-8?Q?=80?= =?utf-7?Q?+AGE-?= =?big5?B?p0E=?=\r\nSender: <s@x>\r\n\r\nbody";
    std::mt19937 random(20261126);
    const std::string_view specials = "?=_<>\"(),;: \r\n\t\xff\xc3\x80\x1b%*";
    for (int round = 0; round < 20'000; ++round) {
        auto text = seed;
        for (unsigned changes = random() % 8; changes > 0; --changes) {
            const auto at = random() % text.size();
            const char letter = random() % 2 == 0 ? specials[random() % specials.size()] : static_cast<char>(random());
            switch (random() % 3) {
                case 0:
                    text[at] = letter;
                    break;
                case 1:
                    text.insert(at, 1 + random() % 3, letter);
                    break;
                default:
                    text.erase(at, 1 + random() % 5);
            }
            if (text.empty()) text = "x";
        }
        const auto header = read(text);
        for (const auto& field : {header.from, header.recipients, header.subject, header.message_id})
            ASSERT_EQ(field, clean_text(field)) << text;
        const auto address = sender(text);
        ASSERT_TRUE(!address.empty() && address.find_first_of(" \r\n\t") == std::string::npos) << text;
    }
}

TEST(HeaderReader, IsQuickWithWhatIsMadeToBeSlow) {
    for (const std::string_view piece : {"=?", "=?a?b?", "=?utf-8?q?", "<", "=?=", "=?x?Q?a", "\"(<"}) {
        std::string text = "Subject: ";
        while (text.size() < kHeaderLimit) text += piece;
        EXPECT_LE(read(text).subject.size(), 2 * kHeaderLimit);
    }
}

}  // namespace
}  // namespace kist::mailbox
