#include "mailproto/imap_reader.hpp"

#include "kist/base/error.hpp"

#include "unit/mailproto/imap_text.hpp"

#include <cstdint>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kist;
using namespace kist::mailproto;
using testing::ElementsAre;

namespace {

const std::string kMessage = "From: a\r\nSubject: b\r\n\r\na1 OK done\r\n* 7 EXISTS\r\n)\r\n";

std::string literal(const std::string& text) {
    return fmt::format("{{{}}}\r\n{}", text.size(), text);
}

// All answers up to the first tagged one.
ImapAnswer read_all(const std::string& text, WritingSink& sink, std::size_t piece = 65536) {
    TextSource source(text, piece);
    ImapInput input(source);
    for (;;) {
        const auto answer = read_answer(input, sink);
        if (answer.kind == ImapAnswer::Kind::tagged) return answer;
    }
}

WritingSink read_one(const std::string& line) {
    WritingSink sink;
    read_all(line + "\r\na1 OK done\r\n", sink);
    return sink;
}

bool is_refused(const std::string& line) {
    try {
        read_one(line);
        return false;
    } catch (const Error& error) {
        return error.code() == ErrorCode::failed;
    }
}

}  // namespace

TEST(ImapReader, ReadsAMessageWhateverThePiecesAre) {
    const auto text =
        "* 3 FETCH (UID 17 FLAGS (\\Seen $Important) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[] " +
        literal(kMessage) + ")\r\na1 OK [READ-ONLY] done\r\n";
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 65536U}) {
        WritingSink sink;
        const auto end = read_all(text, sink, piece);
        ASSERT_EQ(sink.fetched.size(), 1U);
        const auto& message = sink.fetched.front();
        EXPECT_EQ(sink.body, kMessage);
        EXPECT_EQ(message.sequence, 3U);
        EXPECT_EQ(message.uid, 17U);
        EXPECT_THAT(*message.flags, ElementsAre("\\Seen", "$Important"));
        EXPECT_EQ(to_rfc3339(*message.internal_date), "1996-07-17T09:44:25Z");
        EXPECT_EQ(end.status.code, "READ-ONLY");
    }
}

TEST(ImapReader, TakesAttributesInAnyOrderAndReadsPastOthers) {
    const auto sink =
        read_one("* 1 FETCH (MODSEQ (12) BODY[] ~" + literal("x\0y") +
                 " ENVELOPE (\"a\" NIL ((NIL NIL \"q\\\"\" {3}\r\n)))))) X-GM-LABELS NIL RFC822.SIZE 4 BODYSTRUCTURE "
                 "(\"text\" (\"a\" \"b\")) UID 9)");
    ASSERT_EQ(sink.fetched.size(), 1U);
    EXPECT_EQ(sink.fetched.front().uid, 9U);
    EXPECT_EQ(sink.fetched.front().size, 4U);
    EXPECT_TRUE(sink.fetched.front().has_body);
}

TEST(ImapReader, TakesGmailsNumbersAndNothingElseForThem) {
    EXPECT_EQ(read_one("* 1 FETCH (UID 9 X-GM-MSGID 18446744073709551615)").fetched.front().gmail_number, UINT64_MAX);
    for (const auto* other : {"NIL", "\"17\"", "(17 18)", "-1"}) {
        const auto sink = read_one(fmt::format("* 1 FETCH (X-GM-MSGID {} UID 9)", other));
        EXPECT_EQ(sink.fetched.front().gmail_number, std::nullopt) << other;
        EXPECT_EQ(sink.fetched.front().uid, 9U) << other;
    }
    EXPECT_THROW(read_one("* 1 FETCH (UID 9 X-GM-MSGID 18446744073709551616)"), Error);
}

TEST(ImapReader, TakesAnEmailIdAndNothingElseForOne) {
    EXPECT_EQ(read_one("* 1 FETCH (EMAILID (M6d99ac3275bb4e) UID 9)").fetched.front().email_id, "M6d99ac3275bb4e");
    for (const auto& other : {std::string("NIL"), std::string("()"), std::string("(a b)"), std::string("((a))"),
                              std::string("(\"a\")"), std::string("a"), '(' + std::string(256, 'a') + ')'}) {
        const auto sink = read_one(fmt::format("* 1 FETCH (EMAILID {} UID 9)", other));
        EXPECT_EQ(sink.fetched.front().email_id, std::nullopt) << other;
        EXPECT_EQ(sink.fetched.front().uid, 9U) << other;
    }
}

TEST(ImapReader, TellsNoBodyFromAnEmptyOne) {
    const auto none = read_one("* 1 FETCH (UID 1 BODY[] NIL)");
    EXPECT_FALSE(none.fetched.front().has_body);
    EXPECT_EQ(none.bodies, 0U);
    const auto empty = read_one("* 1 FETCH (UID 1 BODY[] \"\")");
    EXPECT_TRUE(empty.fetched.front().has_body);
    EXPECT_EQ(empty.bodies, 1U);
    EXPECT_EQ(empty.body, "");
}

TEST(ImapReader, TakesABodyThatIsQuoted) {
    EXPECT_EQ(read_one("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (\"Message-ID\")]<0> \"a\\\"b\\\\c\")").body, "a\"b\\c");
}

TEST(ImapReader, ReadsDepthAndLengthWithoutKeepingThem) {
    const std::string open(100'000, '(');
    const std::string close(100'000, ')');
    EXPECT_EQ(read_one("* 1 FETCH (X " + open + close + " UID 5)").fetched.front().uid, 5U);
    EXPECT_EQ(read_one("* 1 FETCH (X \"" + std::string(3'000'000, 'x') + "\" UID 5)").fetched.front().uid, 5U);
    EXPECT_EQ(read_one("* OK " + std::string(3'000'000, 'x')).said.front().size(), ImapInput::kLongestText + 8);
    EXPECT_TRUE(is_refused("* 1 FETCH (X " + open));
    EXPECT_TRUE(is_refused("* LIST () \"/\" " + literal(std::string(100'000, 'x'))));
}

TEST(ImapReader, RefusesNumbersThatAreNone) {
    EXPECT_TRUE(is_refused("* 1 FETCH (UID 1 BODY[] {99999999999999999999999}\r\nx)"));
    EXPECT_TRUE(is_refused("* 1 FETCH (UID 1 BODY[] {9223372036854775808}\r\nx)"));
    EXPECT_TRUE(is_refused("* 1 FETCH (UID 4294967296)"));
    EXPECT_TRUE(is_refused("* 1 FETCH (UID -1)"));
    EXPECT_TRUE(is_refused("* 1 FETCH (UID 1 BODY[] {}\r\n)"));
    EXPECT_TRUE(is_refused("* 99999999999 EXISTS"));
    EXPECT_TRUE(is_refused("* 1 FETCH (UID 1 BODY[] {1}\r\nx BODY[] {1}\r\nx)"));
}

TEST(ImapReader, EndsInTheMiddleAreErrors) {
    const auto text = "* 1 FETCH (UID 1 BODY[] " + literal("abc") + ")\r\na1 OK done\r\n";
    for (std::size_t length = 0; length < text.size(); ++length) {
        WritingSink sink;
        EXPECT_THROW(read_all(text.substr(0, length), sink), Error) << length;
    }
}

TEST(ImapReader, ReadsLists) {
    EXPECT_THAT(read_one("* LIST (\\HasNoChildren \\Sent) \"/\" \"a \\\"b\\\"\"").said,
                ElementsAre("listed a \"b\" / \\HasNoChildren,\\Sent"));
    EXPECT_THAT(read_one("* LIST () NIL INBOX").said, ElementsAre("listed INBOX NIL "));
    EXPECT_THAT(read_one("* LSUB () \".\" {5}\r\nINBOX").said, ElementsAre("subscribed INBOX"));
    EXPECT_THAT(read_one("* LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\"))").said, ElementsAre("listed a / "));
    EXPECT_THAT(
        read_one("* STATUS \"x\" (MESSAGES 3 UIDNEXT 9 X-OTHER (1 2) UIDVALIDITY 7 HIGHESTMODSEQ 12345678901)").said,
        ElementsAre("folder x 3 9 7 12345678901"));
}

TEST(ImapReader, ReadsWhatIsFoundAndGone) {
    EXPECT_THAT(read_one("* SEARCH 2 5 9 (MODSEQ 917)").said, ElementsAre("found 2", "found 5", "found 9"));
    EXPECT_THAT(read_one("* SEARCH").said, ElementsAre());
    EXPECT_THAT(read_one("* VANISHED (EARLIER) 41,43:116").said, ElementsAre("vanished 41:41", "vanished 43:116"));
    EXPECT_THAT(read_one("* CAPABILITY IMAP4rev1 IDLE").said, ElementsAre("capability IMAP4rev1", "capability IDLE"));
    EXPECT_THAT(read_one("* OK [CAPABILITY IMAP4rev1] hi").said,
                ElementsAre("capability IMAP4rev1", "status CAPABILITY IMAP4rev1|hi"));
    EXPECT_THAT(read_one("* X-NEW (a {2}\r\n)( \"b\") c").said, ElementsAre());
}

TEST(ImapReader, MutationsAreReadOrRefused) {
    const auto text = "* 3 FETCH (UID 17 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[] " +
                      literal(kMessage) +
                      ")\r\n* LIST (\\Sent) \"/\" {1}\r\nx\r\n* STATUS x (UIDNEXT 1)\r\n* VANISHED 1:4\r\n* OK "
                      "[CAPABILITY A] b\r\na1 OK done\r\n";
    std::mt19937 random(6);
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto mutated = text;
        for (auto changes = random() % 4 + 1; changes > 0; --changes) {
            const auto at = random() % mutated.size();
            switch (random() % 3) {
                case 0:
                    mutated[at] = static_cast<char>(random());
                    break;
                case 1:
                    mutated.erase(at, random() % 8 + 1);
                    break;
                default:
                    mutated.insert(at, mutated.substr(random() % mutated.size(), random() % 16));
            }
        }
        WritingSink sink;
        try {
            read_all(mutated, sink, random() % 9 + 1);
            ++read;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::failed);
        }
    }
    EXPECT_GT(read, 1000);
}

TEST(ImapResponse, KnowsDates) {
    EXPECT_EQ(to_rfc3339(*parse_internal_date(" 1-Jan-2024 00:00:00 +0130")), "2023-12-31T22:30:00Z");
    EXPECT_EQ(to_rfc3339(*parse_internal_date("1-Jan-2024 00:00:00 +0000")), "2024-01-01T00:00:00Z");
    for (const auto* wrong : {"", "31-Feb-2024 00:00:00 +0000", "01-Foo-2024 00:00:00 +0000",
                              "01-Jan-2024 25:00:00 +0000", "01-Jan-2024 00:00:00"})
        EXPECT_FALSE(parse_internal_date(wrong)) << wrong;
}

TEST(ImapResponse, WritesSetsOfUids) {
    EXPECT_THAT(uid_sets({1, 2, 3, 7, 9, 10}, 100), ElementsAre("1:3,7,9:10"));
    EXPECT_THAT(uid_sets({1, 3, 5}, 2), ElementsAre("1", "3", "5"));
    EXPECT_THAT(uid_sets({}, 3), ElementsAre());
}

TEST(ImapReader, ReadsTheUsersOwnNamespaceOnly) {
    EXPECT_THAT(read_one("* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) NIL").said,
                ElementsAre("namespace 'INBOX.' ."));
    EXPECT_THAT(read_one("* NAMESPACE ((\"\" NIL \"X-PARAM\" (\"a\" \"b\"))(\"#mh/\" \"/\")) NIL NIL").said,
                ElementsAre("namespace '' NIL"));
    for (const auto* line : {"* NAMESPACE NIL NIL NIL", "* NAMESPACE"})
        EXPECT_THAT(read_one(line).said, ElementsAre()) << line;
    EXPECT_TRUE(is_refused("* NAMESPACE ((\"a\" \"long\")) NIL NIL"));
}
