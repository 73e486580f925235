#include "kist/mailproto/smtp_session.hpp"

#include "kist/base/error.hpp"

#include "unit/mailproto/scripted_server.hpp"

#include <gmock/gmock.h>

namespace kist::mailproto {
namespace {

using test::Peer;
using test::ScriptedServer;
using testing::ElementsAre;

ErrorCode code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::failed;
}

TEST(SmtpSession, ReadsWhatTheServerCanDo) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("220-mail.example.org\r\n220 welcome\r\n");
        EXPECT_TRUE(peer.hear().starts_with("EHLO "));
        peer.say("250-mail.example.org\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n");
    });
    Connection connection(server.options());
    SmtpSession session(connection);
    EXPECT_EQ(session.greeting(), "mail.example.org");
    const auto capabilities = session.introduce();
    EXPECT_TRUE(capabilities.has_starttls);
    EXPECT_EQ(capabilities.largest_message, 1000u);
    EXPECT_THAT(capabilities.sasl, ElementsAre("PLAIN", "LOGIN"));
}

TEST(SmtpSession, SendsAMailWithItsDots) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("220 hello\r\n");
        for (const auto* line : {"MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>"}) {
            EXPECT_EQ(peer.hear(), line);
            peer.say("250 OK\r\n");
        }
        EXPECT_EQ(peer.hear(), "DATA");
        peer.say("354 go on\r\n");
        for (const auto* line : {"Subject: x", "", "..hidden", "."}) EXPECT_EQ(peer.hear(), line);
        peer.say("250 taken\r\n");
    });
    Connection connection(server.options());
    SmtpSession session(connection);
    EXPECT_TRUE(session.mail_from("a@example.org").is_ok());
    EXPECT_TRUE(session.recipient("b@example.org").is_ok());
    EXPECT_EQ(session.data("Subject: x\n\n.hidden\n").code, 250);
}

TEST(SmtpSession, LogsInOrIsRefused) {
    const auto password = test::secret("hush");
    const Credentials credentials{"anna", &password};
    const ScriptedServer server([](Peer& peer) {
        peer.say("220 hello\r\n");
        EXPECT_EQ(peer.hear(), "AUTH LOGIN");
        peer.say("334 VXNlcm5hbWU6\r\n");
        EXPECT_EQ(peer.hear(), "YW5uYQ==");
        peer.say("334 UGFzc3dvcmQ6\r\n");
        EXPECT_EQ(peer.hear(), "aHVzaA==");
        peer.say("235 in\r\n");
        peer.hear();
        peer.say("535 5.7.8 no\r\n");
    });
    Connection connection(server.options());
    SmtpSession session(connection);
    SmtpCapabilities capabilities;
    capabilities.sasl = {"LOGIN"};
    EXPECT_EQ(session.log_in(credentials, capabilities), "LOGIN");
    EXPECT_EQ(code_of([&] { session.log_in(credentials, capabilities, "plain"); }), ErrorCode::no_key);
    EXPECT_EQ(code_of([&] { session.log_in(credentials, {}); }), ErrorCode::usage);
}

TEST(SmtpSession, AnAddressIsNoSecondCommand) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("220 hello\r\n");
        EXPECT_EQ(peer.hear_all(), 0u);
    });
    Connection connection(server.options());
    SmtpSession session(connection);
    for (const std::string address : {"", "a b@example.org", "a>\r\nDATA", "<a@example.org>", "\xc3\xbc@example.org"})
        EXPECT_EQ(code_of([&] { session.recipient(address); }), ErrorCode::usage) << address;
}

TEST(SmtpSession, RefusesAServerThatBreaksTheRules) {
    for (const std::string greeting : {"hello\r\n", "22 x\r\n", "2200 x\r\n", "220-a\r\n250 b\r\n", "999 x\r\n",
                                       "554 no\r\n", "120 x\r\n", "\r\n", "220-a\r\n"}) {
        const ScriptedServer server([&](Peer& peer) { peer.say(greeting); });
        Connection connection(server.options());
        EXPECT_EQ(code_of([&] { SmtpSession session(connection); }), ErrorCode::failed) << greeting;
    }
    const ScriptedServer server([&](Peer& peer) {
        for (int i = 0; i < 2000; ++i) peer.say("220-and more\r\n");
    });
    Connection connection(server.options());
    EXPECT_EQ(code_of([&] { SmtpSession session(connection); }), ErrorCode::failed);
}

}  // namespace
}  // namespace kist::mailproto
