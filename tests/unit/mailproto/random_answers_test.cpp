// Servers whose answers are right ones with bytes changed, left out, doubled or exchanged: whatever they say, the
// dialogues end, with a result or an Error.

#include "kist/base/error.hpp"
#include "kist/mailproto/imap_dialogue.hpp"
#include "kist/mailproto/pop3_session.hpp"
#include "kist/mailproto/smtp_session.hpp"

#include "unit/mailproto/scripted_server.hpp"

#include <cerrno>
#include <random>

#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

constexpr int kRounds = 300;
constexpr std::string_view kTelling = "{}()*+-. \r\n\"\\0123456789OKNBYE";

std::string mutated(std::string text, std::mt19937& random) {
    const auto below = [&](std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
    };
    for (auto changes = below(4) + 1; changes > 0 && !text.empty(); --changes) {
        const auto at = below(text.size());
        const auto length = below(std::min<std::size_t>(20, text.size() - at)) + 1;
        switch (below(4)) {
            case 0:
                text[at] = kTelling[below(kTelling.size())];
                break;
            case 1:
                text.erase(at, length);
                break;
            case 2:
                text.insert(at, text.substr(at, length));
                break;
            default:
                text[at] = static_cast<char>(below(256));
                break;
        }
    }
    return text;
}

// talk with a server that says all of `answers`, whatever it is asked, and closes.
void try_all(const std::string& answers, const std::function<void(Connection&)>& talk) {
    int ended_well = 0;
    for (int round = 0; round < kRounds; ++round) {
        std::mt19937 random(static_cast<unsigned>(round));
        const auto said = round == 0 ? answers : mutated(answers, random);
        const test::ScriptedServer server([&](test::Peer& peer) {
            peer.say(said);
            peer.stop_saying();
            peer.hear_all();
        });
        Connection connection(server.options());
        try {
            talk(connection);
            ++ended_well;
        } catch (const Error& error) {
            EXPECT_NE(error.error_number(), ETIMEDOUT) << said;
            EXPECT_GT(round, 0) << error.message();
        }
    }
    EXPECT_LT(ended_well, kRounds);
}

TEST(RandomAnswers, Imap) {
    const auto password = test::secret("hush-hush");
    try_all(
        "* OK hello\r\n* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\na1 OK\r\na2 OK in\r\n* LIST (\\Noselect) \"/\" "
        "{4}\r\n"
        "a3 O\r\na3 OK done\r\n* 3 EXISTS\r\n* 1 FETCH (EMAILID (M6d99) X-GM-MSGID 17 BODY[] {7}\r\nabc\r\n\r\n UID "
        "3)\r\na4 OK\r\n",
        [&](Connection& connection) {
            ImapDialogue dialogue(connection);
            dialogue.log_in({"anna", &password}, dialogue.capabilities());
            dialogue.command("LIST \"\" \"*\"");
            dialogue.command("FETCH 1 BODY.PEEK[]");
        });
}

TEST(RandomAnswers, Pop3) {
    const auto password = test::secret("hush-hush");
    try_all(
        "+OK hello\r\n+OK\r\nSASL PLAIN\r\nUIDL\r\n.\r\n+OK in\r\n+OK 2 30\r\n+OK\r\n1 10\r\n2 20\r\n.\r\n+OK\r\n1 "
        "a\r\n2 "
        "b\r\n.\r\n+OK\r\na\r\n..\r\n.\r\n+OK\r\na\r\n.\r\n+OK\r\n..b\r\n.\r\n-ERR no\r\n+OK\r\n",
        [&](Connection& connection) {
            Pop3Session session(connection);
            session.log_in({"anna", &password}, session.capabilities().value_or(Pop3Capabilities{}));
            session.stat();
            session.list();
            session.uidl();
            session.retrieve(1, [](auto) {});
            session.request_retrieve(1);
            session.request_retrieve(2);
            session.receive_message([](auto) {});
            session.receive_message([](auto) {});
            session.top(1, 1, [](auto) {});
            session.quit();
        });
}

TEST(RandomAnswers, Smtp) {
    const auto password = test::secret("hush-hush");
    try_all(
        "220-hello\r\n220 there\r\n250-me\r\n250-SIZE 100\r\n250 AUTH PLAIN LOGIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 "
        "go\r\n250 taken\r\n221 bye\r\n",
        [&](Connection& connection) {
            SmtpSession session(connection);
            session.log_in({"anna", &password}, session.introduce());
            session.mail_from("a@example.org");
            session.recipient("b@example.org");
            session.data("Subject: x\r\n\r\ntext\r\n");
            session.quit();
        });
}

}  // namespace
}  // namespace kist::mailproto
