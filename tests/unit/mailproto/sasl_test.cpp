#include "kist/mailproto/sasl.hpp"

#include "kist/base/error.hpp"

#include "mailproto/base64.hpp"
#include "mailproto/secret_text.hpp"
#include "unit/mailproto/scripted_server.hpp"

#include <gmock/gmock.h>

namespace kist::mailproto {
namespace {

using testing::HasSubstr;

Credentials credentials(const Secret& secret, SecretKind kind = SecretKind::password, std::string user = "user") {
    return {std::move(user), &secret, kind, "mail.example.org", 993};
}

std::string encoded(std::string_view text) {
    return std::string(view_of(encode_base64(os::as_bytes(text))));
}

std::string decoded(const Secret& base64) {
    const auto bytes = decode_base64(view_of(base64));
    return bytes ? std::string(view_of(*bytes)) : "no base64";
}

struct ScramVector {
    const char* name;
    const char* nonce;
    const char* server_first;
    const char* client_last;
    const char* server_last;
};

// The examples of RFC 5802, section 5, and RFC 7677, section 3: user "user", password "pencil".
constexpr ScramVector kVectors[] = {
    {"SCRAM-SHA-1", "fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {"SCRAM-SHA-256", "rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}};

TEST(Sasl, ScramAgreesWithTheRfcs) {
    const auto password = test::secret("pencil");
    for (const auto& vector : kVectors) {
        const auto exchange = make_sasl_exchange(vector.name, credentials(password), vector.nonce);
        EXPECT_EQ(decoded(*exchange->initial_response()), std::string("n,,n=user,r=") + vector.nonce);
        EXPECT_EQ(decoded(exchange->respond(encoded(vector.server_first))), vector.client_last);
        EXPECT_THROW(exchange->check_success(), Error) << "the server has not proved anything yet";
        EXPECT_TRUE(exchange->respond(encoded(vector.server_last)).empty());
        EXPECT_NO_THROW(exchange->check_success());
        EXPECT_THROW(exchange->respond(encoded("more")), Error);
    }
}

TEST(Sasl, ScramRefusesAServerThatDoesNotKnowThePassword) {
    const auto password = test::secret("pencil");
    const auto& vector = kVectors[1];
    for (const auto* last : {"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "v=%", "e=other-error", "", "x"}) {
        const auto exchange = make_sasl_exchange(vector.name, credentials(password), vector.nonce);
        exchange->initial_response();
        exchange->respond(encoded(vector.server_first));
        EXPECT_THROW(exchange->respond(encoded(last)), Error) << last;
        EXPECT_THROW(exchange->check_success(), Error) << last;
    }
}

TEST(Sasl, ScramRefusesBadFirstAnswers) {
    const auto password = test::secret("pencil");
    for (const auto* first :
         {"", "r=abc", "r=abcd", "r=abc,s=QSXCR+Q6sek8bf92,i=4096", "r=xyz,s=QSXCR+Q6sek8bf92,i=4096",
          "m=x,r=abcd,s=QSXCR+Q6sek8bf92,i=4096", "r=abcd,s=,i=4096", "r=abcd,s=%,i=4096", "r=abcd,s=QSXC,i=1",
          "r=abcd,s=QSXC,i=2000000000", "r=abcd,s=QSXC,i=99999999999999999999", "r=abcd,s=QSXC,i=-4096",
          "r=abcd,s=QSXC,i=4096x", "r=abcd,s=QSXC"}) {
        const auto exchange = make_sasl_exchange("scram-sha-1", credentials(password), "abc");
        EXPECT_THROW(exchange->respond(encoded(first)), Error) << first;
    }
    const auto exchange = make_sasl_exchange("scram-sha-1", credentials(password), "abc");
    EXPECT_THROW(exchange->respond("no base64!"), Error);
    EXPECT_THROW(exchange->respond(std::string(100'000, 'A')), Error);
}

TEST(Sasl, ScramEscapesTheUsersName) {
    const auto password = test::secret("pencil");
    const auto exchange =
        make_sasl_exchange("SCRAM-SHA-256", credentials(password, SecretKind::password, "a=b,c"), "abc");
    EXPECT_EQ(decoded(*exchange->initial_response()), "n,,n=a=3Db=2Cc,r=abc");
}

TEST(Sasl, PlainIsRfc4616s) {
    const auto password = test::secret("tanstaaftanstaaf");
    const auto exchange = make_sasl_exchange("plain", credentials(password, SecretKind::password, "tim"));
    EXPECT_EQ(decoded(*exchange->initial_response()), std::string("\0tim\0tanstaaftanstaaf", 21));
    EXPECT_THROW(exchange->respond(""), Error);
}

TEST(Sasl, LoginAnswersTwoQuestions) {
    const auto password = test::secret("hush");
    const auto exchange = make_sasl_exchange("LOGIN", credentials(password));
    EXPECT_FALSE(exchange->initial_response());
    EXPECT_EQ(decoded(exchange->respond(encoded("Username:"))), "user");
    EXPECT_THROW(exchange->check_success(), Error);
    EXPECT_EQ(decoded(exchange->respond(encoded("Password:"))), "hush");
    EXPECT_NO_THROW(exchange->check_success());
    EXPECT_THROW(exchange->respond(""), Error);
}

TEST(Sasl, TokensAreSentAsTheRfcAndGoogleSay) {
    const auto token = test::secret("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    const auto bearer = make_sasl_exchange("OAUTHBEARER", credentials(token, SecretKind::token, "user@example.com"));
    EXPECT_EQ(decoded(*bearer->initial_response()),
              "n,a=user@example.com,\x01host=mail.example.org\x01port=993\x01"
              "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01");
    EXPECT_EQ(decoded(bearer->respond(encoded(R"({"status":"invalid_token"})"))), "\x01") << "RFC 7628, 3.2.3";
    EXPECT_THAT(bearer->failure_details(), HasSubstr("invalid_token"));
    EXPECT_THROW(bearer->check_success(), Error);
    const auto xoauth2 = make_sasl_exchange("XOAUTH2", credentials(token, SecretKind::token));
    EXPECT_EQ(decoded(*xoauth2->initial_response()),
              "user=user\x01"
              "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01");
    EXPECT_TRUE(xoauth2->respond(encoded("{}")).empty());
}

TEST(Sasl, ChoosesWhatTellsLeast) {
    const std::vector<std::string> all{"LOGIN", "plain", "XOAUTH2", "SCRAM-SHA-1", "scram-sha-256", "OAUTHBEARER"};
    EXPECT_EQ(choose_mechanism(all, SecretKind::password), "SCRAM-SHA-256");
    EXPECT_EQ(choose_mechanism(all, SecretKind::token), "OAUTHBEARER");
    EXPECT_EQ(choose_mechanism(std::vector<std::string>{"LOGIN", "PLAIN"}, SecretKind::password), "PLAIN");
    EXPECT_EQ(choose_mechanism(std::vector<std::string>{"GSSAPI", "PLAIN"}, SecretKind::token), std::nullopt);
}

TEST(Sasl, RefusesWhatItCannotCarry) {
    const auto password = test::secret(std::string_view("a\0b", 3));
    EXPECT_THROW(make_sasl_exchange("PLAIN", credentials(password)), Error);
    const auto fine = test::secret("fine");
    EXPECT_THROW(make_sasl_exchange("PLAIN", credentials(fine, SecretKind::password, "")), Error);
    EXPECT_THROW(make_sasl_exchange("PLAIN", credentials(fine, SecretKind::password, "a\x01")), Error);
    EXPECT_THROW(make_sasl_exchange("PLAIN", credentials(fine, SecretKind::token)), Error);
    EXPECT_THROW(make_sasl_exchange("GSSAPI", credentials(fine)), Error);
    const auto two = test::secret("two words");
    EXPECT_THROW(make_sasl_exchange("XOAUTH2", credentials(two, SecretKind::token)), Error);
}

TEST(Base64, IsStrict) {
    for (const auto* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
        EXPECT_EQ(decoded(encode_base64(os::as_bytes(text))), text);
    EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
    for (const auto* text :
         {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "=", "Z m9v", "Zm9v\n", "Zg==Zg==", "Z===", "-_-_"})
        EXPECT_FALSE(decode_base64(text)) << text;
}

}  // namespace
}  // namespace kist::mailproto
