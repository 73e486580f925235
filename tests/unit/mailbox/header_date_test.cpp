#include "mailbox/header_date.hpp"

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

std::string shown(std::string_view text) {
    const auto date = parse_mail_date(text);
    return date ? to_rfc3339(*date) : "none";
}

TEST(MailDate, OfStandardAndOldForms) {
    EXPECT_EQ(shown("Fri, 21 Nov 1997 09:55:06 -0600"), "1997-11-21T15:55:06Z");
    EXPECT_EQ(shown("21 Nov 97 09:55 GMT"), "1997-11-21T09:55:00Z");
    EXPECT_EQ(shown("Thu, 26 Nov 2026 00:30:00 +0130 (somewhere)"), "2026-11-25T23:00:00Z");
    EXPECT_EQ(shown(" Sat ,29 feb 2020  1:02:03"), "2020-02-29T01:02:03Z");
}

TEST(MailDate, NoneOfWhatMakesNoSense) {
    for (const auto* text : {"", "yesterday", "Fri, 31 Feb 2020 10:00:00 +0000", "1 Jan 1950 10:00:00",
                             "1 Jan 99999 10:00", "1 Jan 2020 25:00:00", "1 Jan 2020 10", "1 Foo 2020 10:00",
                             "-1 Jan 2020 10:00", "1 Jan 2020 10:00:00:00", "99999999999999999999 Jan 2020 10:00"})
        EXPECT_EQ(shown(text), "none") << text;
    EXPECT_EQ(shown("1 Jan 2020 10:00:00 +99x9"), "2020-01-01T10:00:00Z");
}

TEST(HeaderDate, IsThatOfTheLastServer) {
    const std::string message =
        "Received: from a by b\r\n\tfor <c@d>; Fri, 21 Nov 1997 10:00:00 +0000\r\n"
        "Received: from x by a; Fri, 21 Nov 1997 09:00:00 +0000\r\n"
        "Date: Fri, 21 Nov 1997 08:00:00 +0000\r\n\r\nDate: 1 Jan 2000 00:00:00 +0000\r\n";
    const auto date = header_date(std::as_bytes(std::span(message)));
    ASSERT_TRUE(date);
    EXPECT_EQ(to_rfc3339(*date), "1997-11-21T10:00:00Z");
    const std::string sent = "Subject: x\r\nDate: Fri, 21 Nov 1997 08:00:00 +0000\r\n\r\n";
    EXPECT_EQ(to_rfc3339(*header_date(std::as_bytes(std::span(sent)))), "1997-11-21T08:00:00Z");
    EXPECT_FALSE(header_date({}));
}

}  // namespace
}  // namespace kist::mailbox
