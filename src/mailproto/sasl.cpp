#include "kist/mailproto/sasl.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/base64.hpp"
#include "mailproto/scram.hpp"
#include "mailproto/secret_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/random.h>

namespace kist::mailproto {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLongestChallenge = 64 * 1024;
constexpr std::size_t kLongestDetails = 1000;

[[noreturn]] void ask_too_much(std::string_view mechanism) {
    throw Error(ErrorCode::failed, fmt::format("the server asks for more than {} has", mechanism));
}

// RFC 4616: neither may hold NUL.
class PlainExchange : public SaslExchange {
  public:
    explicit PlainExchange(const Credentials& credentials) : user_(credentials.user), password_(*credentials.secret) {}

    std::optional<Secret> initial_response() override {
        return encode_base64(joined({"\0"sv, user_, "\0"sv, view_of(password_)}).expose());
    }
    Secret respond(std::string_view /*challenge*/) override { ask_too_much("PLAIN"); }
    void check_success() const override {}

  private:
    std::string user_;
    const Secret& password_;
};

// draft-murchison-sasl-login: the questions have fixed meanings, whatever they say.
class LoginExchange : public SaslExchange {
  public:
    explicit LoginExchange(const Credentials& credentials) : user_(credentials.user), password_(*credentials.secret) {}

    std::optional<Secret> initial_response() override { return std::nullopt; }
    Secret respond(std::string_view /*challenge*/) override {
        switch (answers_++) {
            case 0:
                return encode_base64(os::as_bytes(user_));
            case 1:
                return encode_base64(password_.expose());
            default:
                ask_too_much("LOGIN");
        }
    }
    void check_success() const override {
        if (answers_ < 2) throw Error(ErrorCode::failed, "the server accepts the login without asking for a password");
    }

  private:
    std::string user_;
    const Secret& password_;
    int answers_ = 0;
};

// Both OAuth2 mechanisms: a challenge is the reason of a failure, which the client has to acknowledge.
class TokenExchange : public SaslExchange {
  public:
    TokenExchange(Secret message, std::string_view acknowledgement)
        : message_(std::move(message)), acknowledgement_(acknowledgement) {}

    std::optional<Secret> initial_response() override { return encode_base64(message_.expose()); }
    Secret respond(std::string_view challenge) override {
        if (failed_) ask_too_much("OAuth2");
        failed_ = true;
        const auto text = challenge.size() <= kLongestChallenge ? decode_base64(challenge) : std::nullopt;
        if (text) details_ = os::printable(view_of(*text).substr(0, kLongestDetails));
        return encode_base64(os::as_bytes(acknowledgement_));
    }
    void check_success() const override {
        if (failed_) throw Error(ErrorCode::failed, "the server accepts a login that it has refused before");
    }
    std::string failure_details() const override { return details_; }

  private:
    Secret message_;
    std::string_view acknowledgement_;
    std::string details_;
    bool failed_ = false;
};

// RFC 7628 with the user's name as in RFC 5801.
std::string gs2_name(std::string_view user) {
    std::string text;
    for (const char c : user) text += c == '=' ? "=3D" : c == ',' ? "=2C" : std::string(1, c);
    return text;
}

std::unique_ptr<SaslExchange> bearer(const Credentials& credentials) {
    const auto head = fmt::format(
        "n,a={},\x01host={}\x01port={}\x01"
        "auth=Bearer ",
        gs2_name(credentials.user), credentials.host, credentials.port);
    return std::make_unique<TokenExchange>(joined({head, view_of(*credentials.secret), "\x01\x01"}), "\x01"sv);
}

std::unique_ptr<SaslExchange> xoauth2(const Credentials& credentials) {
    const auto head = fmt::format(
        "user={}\x01"
        "auth=Bearer ",
        credentials.user);
    return std::make_unique<TokenExchange>(joined({head, view_of(*credentials.secret), "\x01\x01"}), ""sv);
}

std::string random_nonce() {
    std::array<std::byte, 18> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw Error::from_errno(errno, "cannot get random bytes");
    return std::string(view_of(encode_base64(bytes)));
}

using Make = std::unique_ptr<SaslExchange> (*)(const Credentials&, std::string);

struct Mechanism {
    std::string_view name;
    SecretKind kind;
    Make make;
};

// The best first.
constexpr std::array<Mechanism, 6> kMechanisms{{
    {"SCRAM-SHA-256", SecretKind::password,
     [](const Credentials& credentials, std::string nonce) -> std::unique_ptr<SaslExchange> {
         return std::make_unique<ScramExchange>(crypto::HashKind::sha256, credentials, std::move(nonce));
     }},
    {"SCRAM-SHA-1", SecretKind::password,
     [](const Credentials& credentials, std::string nonce) -> std::unique_ptr<SaslExchange> {
         return std::make_unique<ScramExchange>(crypto::HashKind::sha1, credentials, std::move(nonce));
     }},
    {"PLAIN", SecretKind::password,
     [](const Credentials& credentials, std::string) -> std::unique_ptr<SaslExchange> {
         return std::make_unique<PlainExchange>(credentials);
     }},
    {"LOGIN", SecretKind::password,
     [](const Credentials& credentials, std::string) -> std::unique_ptr<SaslExchange> {
         return std::make_unique<LoginExchange>(credentials);
     }},
    {"OAUTHBEARER", SecretKind::token, [](const Credentials& credentials, std::string) { return bearer(credentials); }},
    {"XOAUTH2", SecretKind::token, [](const Credentials& credentials, std::string) { return xoauth2(credentials); }},
}};

bool same_name(std::string_view a, std::string_view b) noexcept {
    const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
    return std::ranges::equal(a, b, [&](char x, char y) { return upper(x) == upper(y); });
}

// What would end a field of one of the mechanisms, or the token.
void check(const Credentials& credentials) {
    const auto holds = [](std::string_view text, std::string_view any) {
        return text.find_first_of(any) != std::string_view::npos;
    };
    if (credentials.user.empty()) throw Error(ErrorCode::usage, "the mail account has no user's name");
    if (holds(credentials.user, "\0\x01\r\n"sv))
        throw Error(ErrorCode::usage, "the user's name of the mail account holds control characters");
    const bool is_token = credentials.kind == SecretKind::token;
    if (holds(view_of(*credentials.secret), is_token ? "\0\x01\r\n "sv : "\0"sv))
        throw Error(ErrorCode::usage, fmt::format("the {} of the mail account holds characters that cannot be sent",
                                                  is_token ? "token" : "password"));
}

}  // namespace

std::optional<std::string> choose_mechanism(std::span<const std::string> offered, SecretKind kind) {
    for (const auto& mechanism : kMechanisms)
        if (mechanism.kind == kind &&
            std::ranges::any_of(offered, [&](const auto& name) { return same_name(name, mechanism.name); }))
            return std::string(mechanism.name);
    return std::nullopt;
}

std::unique_ptr<SaslExchange> make_sasl_exchange(std::string_view name, const Credentials& credentials,
                                                 std::string nonce) {
    check(credentials);
    for (const auto& mechanism : kMechanisms)
        if (same_name(name, mechanism.name) && mechanism.kind == credentials.kind)
            return mechanism.make(credentials, nonce.empty() ? random_nonce() : std::move(nonce));
    throw Error(ErrorCode::usage, fmt::format("{} is no way to log in with a {}", os::printable(name),
                                              credentials.kind == SecretKind::token ? "token" : "password"));
}

}  // namespace kist::mailproto
