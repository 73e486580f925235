#include "kist/mailproto/imap_dialogue.hpp"

#include "kist/base/error.hpp"

#include "unit/mailproto/scripted_server.hpp"

#include <gmock/gmock.h>

namespace kist::mailproto {
namespace {

using test::Peer;
using test::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;

Error error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::failed, ""};
}

// One command, and what the server says to it before it closes.
ScriptedServer answering(std::string answer) {
    return ScriptedServer([answer = std::move(answer)](Peer& peer) {
        peer.say("* OK hello\r\n");
        peer.hear();
        peer.say(answer);
    });
}

TEST(ImapDialogue, TakesLiteralsWhereverTheyAre) {
    const auto server = answering(
        "* 1 FETCH (BODY[HEADER] {14}\r\nSubject: a\r\n\r\n FLAGS (\\Seen) BODY[TEXT] {5+}\r\na1 OK)\r\n"
        "* OK a text for people {5}\r\na1 OK done\r\n");
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    const auto reply = dialogue.command("FETCH 1 (BODY.PEEK[HEADER])");
    EXPECT_TRUE(reply.is_ok);
    EXPECT_EQ(reply.text, "OK done");
    EXPECT_THAT(reply.untagged,
                ElementsAre("1 FETCH (BODY[HEADER] {14} FLAGS (\\Seen) BODY[TEXT] {5+})", "OK a text for people {5}"));
    EXPECT_THAT(reply.literals, ElementsAre("Subject: a\r\n\r\n", "a1 OK"));
}

TEST(ImapDialogue, ALiteralMayEndItsResponse) {
    const auto server = answering("* LIST () \"/\" {4}\r\na1 O\r\na1 OK done\r\n");
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    EXPECT_EQ(dialogue.command("LIST").literals, std::vector<std::string>{"a1 O"});
}

TEST(ImapDialogue, ALongLiteralPassesWithoutBeingKept) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("* OK hello\r\n");
        peer.hear();
        peer.say("* 1 FETCH (BODY[] {30000000}\r\n");
        const std::string piece(1'000'000, 'x');
        for (int i = 0; i < 30; ++i) peer.say(piece);
        peer.say(")\r\na1 OK\r\n");
    });
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    const auto reply = dialogue.command("FETCH 1 BODY.PEEK[]");
    EXPECT_TRUE(reply.is_ok);
    EXPECT_EQ(reply.literals.at(0).size(), 256u * 1024);
}

TEST(ImapDialogue, RefusesAServerThatBreaksTheRules) {
    for (const std::string answer :
         {"* 1 FETCH (BODY[] {99999999999999999999}\r\n", "* 1 FETCH (BODY[] {18446744073709551615}\r\nx", "a2 OK\r\n",
          "+ go on\r\n", "\r\n", "* 1 EXISTS\r\n"}) {
        const auto server = answering(answer);
        Connection connection(server.options());
        ImapDialogue dialogue(connection);
        EXPECT_EQ(error_of([&] { dialogue.command("NOOP"); }).code(), ErrorCode::failed) << answer;
    }
}

TEST(ImapDialogue, GoodbyeInTheMiddleIsSaid) {
    const auto server = answering("* 1 EXISTS\r\n* BYE going down\r\n");
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    EXPECT_THAT(error_of([&] { dialogue.command("NOOP"); }).message(), HasSubstr("going down"));
}

TEST(ImapDialogue, AnEndlessAnswerIsGivenUp) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("* OK hello\r\n");
        peer.hear();
        for (int i = 0; i < 20'000; ++i) peer.say("* 1 EXISTS\r\n");
    });
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    EXPECT_THAT(error_of([&] { dialogue.command("NOOP"); }).message(), HasSubstr("end"));
}

TEST(ImapDialogue, WhoIsLoggedInBeforeEncryptionCannotEncrypt) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("* PREAUTH welcome\r\n");
        EXPECT_EQ(peer.hear_all(), 0u);
    });
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    EXPECT_TRUE(dialogue.is_preauthenticated());
    EXPECT_EQ(error_of([&] { dialogue.start_tls(); }).code(), ErrorCode::failed);
}

TEST(ImapDialogue, LogsInInEveryWay) {
    const auto password = test::secret("hu\"sh");
    const Credentials credentials{"anna", &password};
    const ScriptedServer server([](Peer& peer) {
        peer.say("* OK hello\r\n");
        EXPECT_EQ(peer.hear(), "a1 AUTHENTICATE PLAIN AGFubmEAaHUic2g=");
        peer.say("* CAPABILITY IMAP4rev1\r\na1 OK in\r\n");
        EXPECT_EQ(peer.hear(), "a2 AUTHENTICATE PLAIN");
        peer.say("+ \r\n");
        EXPECT_EQ(peer.hear(), "AGFubmEAaHUic2g=");
        peer.say("a2 OK in\r\n");
        EXPECT_EQ(peer.hear(), "a3 LOGIN \"anna\" \"hu\\\"sh\"");
        peer.say("a3 NO [AUTHENTICATIONFAILED] not you\r\n");
    });
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    EXPECT_EQ(dialogue.log_in(credentials, {"SASL-IR", "AUTH=PLAIN"}), "PLAIN");
    EXPECT_EQ(dialogue.log_in(credentials, {"AUTH=PLAIN"}), "PLAIN");
    EXPECT_EQ(error_of([&] { dialogue.log_in(credentials, {}); }).code(), ErrorCode::no_key);
    EXPECT_EQ(error_of([&] { dialogue.log_in(credentials, {"LOGINDISABLED"}); }).code(), ErrorCode::usage);
}

TEST(ImapDialogue, AServerThatDoesNotProveItselfIsNotBelieved) {
    const auto password = test::secret("pencil");
    const Credentials credentials{"user", &password};
    const auto server = answering("a1 OK come in\r\n");
    Connection connection(server.options());
    ImapDialogue dialogue(connection);
    EXPECT_THAT(error_of([&] {
                    dialogue.log_in(credentials, {"AUTH=SCRAM-SHA-256", "SASL-IR"});
                }).message(),
                HasSubstr("without proving"));
}

TEST(ImapDialogue, QuotesNames) {
    EXPECT_EQ(ImapDialogue::quoted("a \"b\\c"), "\"a \\\"b\\\\c\"");
    EXPECT_EQ(error_of([&] { ImapDialogue::quoted("a\nb"); }).code(), ErrorCode::usage);
}

}  // namespace
}  // namespace kist::mailproto
