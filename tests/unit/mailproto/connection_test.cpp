#include "kist/mailproto/connection.hpp"

#include "unit/mailproto/scripted_server.hpp"

#include <gmock/gmock.h>

namespace kist::mailproto {
namespace {

using namespace std::chrono_literals;
using test::Peer;
using test::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;

// The Error that the call throws; the test fails without one.
template <typename Call>
Error error_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::failed, ""};
}

class Notes : public Transcript {
  public:
    void connected(std::string_view address) override { lines.push_back("at " + std::string(address)); }
    void encrypted(const TlsDetails&) override { lines.emplace_back("encrypted"); }
    void sent(std::string_view line) override { lines.push_back("> " + std::string(line)); }
    void received(std::string_view line) override { lines.push_back("< " + std::string(line)); }
    void received_bytes(std::uint64_t count) override { lines.push_back(std::to_string(count)); }

    std::vector<std::string> lines;
};

TEST(Connection, ReadsLinesAndCountedBytesAsTheyCome) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("* OK hello\r\n* 1 FETCH {7}\r\n");
        peer.say("a\r\nb\nc");
        peer.say("\n)\nlast");
        peer.say("\r\n");
    });
    Connection connection(server.options());
    EXPECT_EQ(connection.read_line(100), "* OK hello");
    EXPECT_EQ(connection.read_line(100), "* 1 FETCH {7}");
    std::string literal;
    connection.read_exactly(
        7, [&](auto piece) { literal.append(reinterpret_cast<const char*>(piece.data()), piece.size()); });
    EXPECT_EQ(literal, "a\r\nb\nc\n");
    EXPECT_EQ(connection.read_line(100), ")");
    EXPECT_EQ(connection.read_line(100), "last");
}

TEST(Connection, LinesAreBounded) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("12345\r\n123456\r\n");
        peer.hear_all();
    });
    Connection connection(server.options());
    EXPECT_EQ(connection.read_line(5), "12345");
    EXPECT_THAT(error_of([&] { connection.read_line(5); }).message(), HasSubstr("more than 5 bytes"));
}

TEST(Connection, AnEndlessLineIsGivenUp) {
    const ScriptedServer server([](Peer& peer) {
        const std::string piece(100'000, 'x');
        for (int i = 0; i < 100; ++i) peer.say(piece);
    });
    Connection connection(server.options());
    EXPECT_FALSE(is_lost_connection(error_of([&] { connection.read_line(8000); })));
}

TEST(Connection, ParsersMayLookAheadWithinABound) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("ab");
        peer.hear();
        peer.say(std::string(100'000, 'c'));
        peer.hear_all();
    });
    Connection connection(server.options());
    EXPECT_EQ(connection.available(), "ab");
    connection.consume(1);
    EXPECT_EQ(connection.available(), "b");
    connection.send_line("go on");
    EXPECT_TRUE(connection.more().starts_with("bc"));
    EXPECT_THROW(for (;;) connection.more(), Error);
}

TEST(Connection, AnEndIsALostConnection) {
    const ScriptedServer server([](Peer& peer) { peer.say("* BYE\r\nhalf"); });
    Connection connection(server.options());
    EXPECT_EQ(connection.read_line(100), "* BYE");
    const auto error = error_of([&] { connection.read_line(100); });
    EXPECT_TRUE(is_lost_connection(error)) << error.message();
    EXPECT_TRUE(connection.has_input()) << "a read would return at once, with the error";
}

TEST(Connection, SilenceIsALostConnection) {
    const ScriptedServer server([](Peer& peer) { peer.hear_all(); });
    auto options = server.options();
    options.patience = 50ms;
    Connection connection(options);
    EXPECT_FALSE(connection.has_input());
    EXPECT_EQ(error_of([&] { connection.read_line(100); }).error_number(), ETIMEDOUT);
}

TEST(Connection, CanBeInterrupted) {
    std::atomic<bool> interrupted{false};
    const ScriptedServer server([&](Peer& peer) {
        peer.hear();
        interrupted = true;
        peer.hear_all();
    });
    auto options = server.options();
    options.interrupted = &interrupted;
    Connection connection(options);
    connection.send_line("now");
    EXPECT_EQ(error_of([&] { connection.read_line(100); }).code(), ErrorCode::interrupted);
    EXPECT_EQ(error_of([&] { Connection another(options); }).code(), ErrorCode::interrupted);
}

TEST(Connection, BothSidesMayWriteAtOnce) {
    constexpr std::size_t kMuch = 3'000'000;
    const ScriptedServer server([](Peer& peer) {
        peer.say(std::string(kMuch, 's'));  // blocks until the client reads
        peer.say("\n");
        EXPECT_EQ(peer.hear().size(), 2 * kMuch);
    });
    Connection connection(server.options());
    const std::string message(2 * kMuch, 'c');
    connection.send_bytes(std::as_bytes(std::span(message)));
    connection.send_line("");
    EXPECT_EQ(connection.read_line(kMuch).size(), kMuch);
}

TEST(Connection, WhatWasSaidBeforeTheEndIsHeardBySomebodyWhoSends) {
    const ScriptedServer server([](Peer& peer) { peer.say("* BYE too many connections\r\n"); });
    Connection connection(server.options());
    const std::string message(8'000'000, 'c');
    connection.send_bytes(std::as_bytes(std::span(message)));
    EXPECT_EQ(connection.read_line(100), "* BYE too many connections");
    EXPECT_TRUE(is_lost_connection(error_of([&] { connection.read_line(100); })));
}

TEST(Connection, NobodySpeaksBetweenAgreementAndEncryption) {
    const ScriptedServer server([](Peer& peer) {
        peer.hear();
        peer.say("a OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n");
        peer.hear_all();
    });
    Connection connection(server.options());
    connection.send_line("a STARTTLS");
    EXPECT_EQ(connection.read_line(100), "a OK begin");
    EXPECT_THAT(error_of([&] { connection.start_tls(); }).message(), HasSubstr("between its agreement"));
    EXPECT_FALSE(connection.is_encrypted());
}

TEST(Connection, ASpeakerOfPlainTextIsNotEncrypted) {
    const ScriptedServer server([](Peer& peer) {
        peer.say("* OK this is the other port\r\n");
        peer.hear_all();
    });
    auto options = server.options();
    options.tls = TlsStart::at_once;
    EXPECT_THAT(error_of([&] { Connection connection(options); }).hint(), HasSubstr("right port"));
}

TEST(Connection, ASecretNeedsEncryptionUnlessPlainTextWasAskedFor) {
    const ScriptedServer server([](Peer& peer) { EXPECT_EQ(peer.hear_all(), 0u); });
    auto options = server.options();
    options.plain_text = PlainText::refused;
    Connection connection(options);
    EXPECT_EQ(error_of([&] { connection.send_secret_line(test::secret("a LOGIN me hush"), "a LOGIN me ***"); }).code(),
              ErrorCode::usage);
}

TEST(Connection, NothingBecomesASecondCommand) {
    const ScriptedServer server([](Peer& peer) { EXPECT_EQ(peer.hear_all(), 0u); });
    Connection connection(server.options());
    for (const std::string_view line :
         {std::string_view("a\nb"), std::string_view("a\rb"), std::string_view("a\0b", 3)}) {
        EXPECT_EQ(error_of([&] { connection.send_line(line); }).code(), ErrorCode::usage);
        EXPECT_EQ(error_of([&] { connection.send_secret_line(test::secret(line), ""); }).code(), ErrorCode::usage);
    }
}

TEST(Connection, TheTranscriptHoldsNoSecret) {
    const ScriptedServer server([](Peer& peer) {
        EXPECT_EQ(peer.hear(), "PASS correct horse");
        peer.say("-ERR unknown command: PASS correct horse\r\n+OK 3 left\r\nabc");
    });
    Notes notes;
    auto options = server.options();
    options.transcript = &notes;
    Connection connection(options);
    connection.hide(test::secret("correct horse"));
    connection.send_secret_line(test::secret("PASS correct horse"), "PASS ***");
    connection.read_line(100);
    connection.read_line(100);
    connection.read_exactly(3, [](auto) {});
    EXPECT_THAT(notes.lines,
                ElementsAre(HasSubstr("127.0.0.1"), "> PASS ***", "< -ERR unknown command: ***", "< +OK 3 left", "3"));
    EXPECT_EQ(connection.without_secrets("not correct horse but"), "not *** but");
}

TEST(Connection, AClosedPortIsSaid) {
    std::uint16_t port = 0;
    {
        const ScriptedServer server([](Peer&) {});
        port = server.port();
        Connection connection(server.options());
    }
    ConnectionOptions options;
    options.host = "localhost";
    options.port = port;
    const auto error = error_of([&] { Connection connection(options); });
    EXPECT_TRUE(is_lost_connection(error)) << error.message();
    EXPECT_THAT(error.message(), HasSubstr("localhost port"));
}

}  // namespace
}  // namespace kist::mailproto
