#include "kist/mailproto/pop3_session.hpp"

#include "kist/base/error.hpp"

#include "unit/mailproto/scripted_server.hpp"

#include <gmock/gmock.h>

namespace kist::mailproto {
namespace {

using test::Peer;
using test::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;

// Answers a client's lines one after the other.
ScriptedServer talking(std::vector<std::pair<std::string, std::string>> answers) {
    return ScriptedServer([answers = std::move(answers)](Peer& peer) {
        peer.say("+OK ready\r\n");
        for (const auto& [line, answer] : answers) {
            EXPECT_EQ(peer.hear(), line);
            peer.say(answer);
        }
        peer.hear_all();
    });
}

ErrorCode code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::failed;
}

struct Account {
    Secret secret = test::secret("hush-hush");
    Credentials credentials{"anna", &secret};
};

TEST(Pop3Session, ReadsWhatTheServerCanDo) {
    const auto server = talking(
        {{"CAPA", "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN SCRAM-SHA-1\r\nstls\r\n..x\r\n.\r\n"}, {"CAPA", "-ERR what?\r\n"}});
    Connection connection(server.options());
    Pop3Session session(connection);
    EXPECT_EQ(session.greeting(), "ready");
    const auto capabilities = session.capabilities();
    ASSERT_TRUE(capabilities);
    EXPECT_TRUE(capabilities->has_top && capabilities->has_uidl && capabilities->has_stls);
    EXPECT_FALSE(capabilities->has_user);
    EXPECT_THAT(capabilities->sasl, ElementsAre("PLAIN", "SCRAM-SHA-1"));
    EXPECT_EQ(capabilities->lines.back(), ".x");
    EXPECT_FALSE(session.capabilities());
}

TEST(Pop3Session, FetchesMessagesOneByOneOrSeveralAtATime) {
    const auto server = talking({{"STAT", "+OK 2 320\r\n"},
                                 {"UIDL", "+OK\r\n1 a\r\n2 b\r\n.\r\n"},
                                 {"RETR 1", "+OK\r\nSubject: x\r\n\r\n..dot\r\n+OK\r\n.\r\n"},
                                 {"RETR 2", "-ERR gone\r\n"},
                                 {"RETR 1", "+OK\r\none\r\n.\r\n+OK\r\ntwo\r\n.\r\n"}});
    Connection connection(server.options());
    Pop3Session session(connection);
    EXPECT_EQ(session.stat()->messages, 2u);
    EXPECT_EQ(session.uidl()->at(1).value, "b");
    std::string content;
    const auto take = [&](std::string_view piece) { content += piece; };
    EXPECT_TRUE(session.retrieve(1, take).is_ok);
    EXPECT_EQ(content, "Subject: x\r\n\r\n.dot\r\n+OK\r\n");
    EXPECT_FALSE(session.retrieve(2, take).is_ok);
    session.request_retrieve(1);
    session.request_retrieve(2);
    EXPECT_TRUE(session.receive_message(take).is_ok);
    EXPECT_TRUE(session.receive_message(take).is_ok);
    EXPECT_TRUE(content.ends_with("+OK\r\none\r\ntwo\r\n"));
}

TEST(Pop3Session, LogsInByTheBestWay) {
    const Account account;
    const auto server = talking({{"AUTH PLAIN AGFubmEAaHVzaC1odXNo", "+OK in\r\n"},
                                 {"USER anna", "+OK\r\n"},
                                 {"PASS hush-hush", "+OK in\r\n"}});
    Connection connection(server.options());
    Pop3Session session(connection);
    Pop3Capabilities capabilities;
    capabilities.sasl = {"LOGIN", "PLAIN"};
    EXPECT_EQ(session.log_in(account.credentials, capabilities), "PLAIN");
    EXPECT_EQ(session.log_in(account.credentials, {}), "USER");
}

TEST(Pop3Session, ALongFirstAnswerWaitsForTheInvitation) {
    const auto token = test::secret(std::string(300, 't'));
    const Credentials credentials{"anna", &token, SecretKind::token};
    const ScriptedServer server([](Peer& peer) {
        peer.say("+OK ready\r\n");
        EXPECT_EQ(peer.hear(), "AUTH XOAUTH2");
        peer.say("+ \r\n");
        EXPECT_GT(peer.hear().size(), 400u);
        peer.say("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n");
        EXPECT_EQ(peer.hear(), "");
        peer.say("-ERR no\r\n");
    });
    Connection connection(server.options());
    Pop3Session session(connection);
    try {
        session.log_in(credentials, {}, "xoauth2");
        ADD_FAILURE() << "it was refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::no_key);
        EXPECT_THAT(error.message(), HasSubstr(R"({"status":"401"})"));
    }
}

TEST(Pop3Session, ARefusedLoginIsAKeyThatDoesNotFitAndTellsNoPassword) {
    const Account account;
    const auto server = talking({{"USER anna", "+OK\r\n"}, {"PASS hush-hush", "-ERR not with hush-hush\r\n"}});
    Connection connection(server.options());
    Pop3Session session(connection);
    try {
        session.log_in(account.credentials, {});
        ADD_FAILURE() << "it was refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::no_key);
        EXPECT_THAT(error.message(), HasSubstr("not with ***"));
    }
}

TEST(Pop3Session, RefusesAServerThatBreaksTheRules) {
    for (const auto* answer :
         {"what\r\n", "+OKAY 1 2\r\n", "+OK\r\n", "+OK 1\r\n", "+OK -1 2\r\n", "+OK 1 99999999999999999999\r\n"}) {
        const auto server = talking({{"STAT", answer}});
        Connection connection(server.options());
        Pop3Session session(connection);
        EXPECT_EQ(code_of([&] { session.stat(); }), ErrorCode::failed) << answer;
    }
    for (const auto* answer : {"+OK\r\n1\r\n.\r\n", "+OK\r\nx y\r\n.\r\n", "+OK\r\n0 y\r\n.\r\n", "+OK\r\n1 a\r\n"}) {
        const ScriptedServer server([&](Peer& peer) {
            peer.say("+OK\r\n");
            peer.hear();
            peer.say(answer);
        });
        Connection connection(server.options());
        Pop3Session session(connection);
        EXPECT_EQ(code_of([&] { session.uidl(); }), ErrorCode::failed) << answer;
    }
}

TEST(Pop3Session, IsTurnedAway) {
    for (const auto* greeting : {"-ERR too busy\r\n", "* OK IMAP\r\n", "\r\n"}) {
        const ScriptedServer server([&](Peer& peer) { peer.say(greeting); });
        Connection connection(server.options());
        EXPECT_EQ(code_of([&] { Pop3Session session(connection); }), ErrorCode::failed);
    }
}

}  // namespace
}  // namespace kist::mailproto
