#include "kist/mailproto/mail_url.hpp"

#include "kist/base/error.hpp"

#include <gmock/gmock.h>

namespace kist::mailproto {
namespace {

MailUrl parsed(std::string_view text) {
    return parse_mail_url(text);
}

TEST(MailUrl, KnowsTheProtocolsAndTheirPorts) {
    EXPECT_EQ(parsed("imaps://anna@mail.example.org"),
              (MailUrl{Protocol::imap, Encryption::implicit, "anna", "mail.example.org", 993, ""}));
    EXPECT_EQ(parsed("imap://mail.example.org").port, 143);
    EXPECT_EQ(parsed("pop3s://mail.example.org").port, 995);
    EXPECT_EQ(parsed("pop3://mail.example.org").encryption, Encryption::starttls);
    EXPECT_EQ(parsed("smtps://mail.example.org").port, 465);
    EXPECT_EQ(parsed("SMTP://Mail.Example.org:25"),
              (MailUrl{Protocol::smtp, Encryption::starttls, "", "mail.example.org", 25, ""}));
}

TEST(MailUrl, TheLastAtSignEndsTheUser) {
    EXPECT_EQ(parsed("imaps://anna@example.org@mail.example.org").user, "anna@example.org");
    EXPECT_EQ(parsed("imaps://anna%40example.org@mail.example.org").user, "anna@example.org");
    EXPECT_EQ(parsed("imaps://a%3Ab%c3%bc@host").user, "a:bü");
}

TEST(MailUrl, TakesAddressesAndFolders) {
    EXPECT_EQ(parsed("imaps://[2001:DB8::1]:1993/").host, "2001:db8::1");
    EXPECT_EQ(parsed("imaps://[2001:DB8::1]:1993/").port, 1993);
    EXPECT_EQ(parsed("imap://127.0.0.1/Work/2026%20new").folder, "Work/2026 new");
}

TEST(MailUrl, BecomesTextAgain) {
    for (const auto* text : {"imaps://anna@mail.example.org", "imap://h:1143", "pop3s://a%3Ab@[::1]:1995", "smtp://h",
                             "imaps://anna@example.org@h/Work/a%20b"})
        EXPECT_EQ(to_text(parsed(text)), text);
}

TEST(MailUrl, RefusesWhatIsNone) {
    for (const std::string text : {"",
                                   "http://x",
                                   "imaps:/x",
                                   "imaps://",
                                   "imaps://@h",
                                   "imaps://u@",
                                   "imaps://h:",
                                   "imaps://h:0",
                                   "imaps://h:65536",
                                   "imaps://h:9x",
                                   "imaps://[::1",
                                   "imaps://[::1]x",
                                   "imaps://[x]",
                                   "imaps://a b",
                                   "imaps://h/%0a",
                                   "imaps://h/%zz",
                                   "imaps://u%00@h",
                                   "imaps://u\n@h",
                                   "imaps://%ff@h",
                                   "pop3s://h/Folder",
                                   "imaps://..",
                                   "imaps://h..x",
                                   "imaps://-h",
                                   "imaps://h\xc3\xbc",
                                   "imaps://h#x"}) {
        try {
            parsed(text);
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::usage) << text;
        }
    }
    EXPECT_THROW(parsed("imaps://" + std::string(3000, 'h')), Error);
    EXPECT_THROW(parsed("imaps://" + std::string(300, 'u') + "@h"), Error);
}

TEST(MailUrl, APasswordIsNeitherTakenNorRepeated) {
    try {
        parsed("imaps://anna:hush-hush@h");
        ADD_FAILURE() << "it was taken";
    } catch (const Error& error) {
        EXPECT_THAT(error.message() + error.hint(), testing::Not(testing::HasSubstr("hush")));
    }
}

TEST(MailUrl, IsRecognisedByItsScheme) {
    EXPECT_TRUE(is_mail_url("IMAPS://:wrong"));
    EXPECT_FALSE(is_mail_url("/home/anna"));
    EXPECT_FALSE(is_mail_url("imap"));
}

}  // namespace
}  // namespace kist::mailproto
