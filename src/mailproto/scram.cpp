#include "mailproto/scram.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/base64.hpp"
#include "mailproto/secret_text.hpp"

#include <charconv>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestChallenge = 64 * 1024;
// A server may ask for a lot of work, but not for minutes of it; and hardly for less than RFC 7677 does.
constexpr int kFewestIterations = 4096;
constexpr int kMostIterations = 5'000'000;

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::failed, fmt::format("the server breaks the rules of SCRAM: {}", what));
}

// RFC 5802, saslname.
std::string escaped(std::string_view user) {
    std::string text;
    for (const char c : user) text += c == '=' ? "=3D" : c == ',' ? "=2C" : std::string(1, c);
    return text;
}

// The value of the attribute that stands first in text, which loses it.
std::string_view take(std::string_view& text, char attribute) {
    if (text.size() < 2 || text[0] != attribute || text[1] != '=')
        refuse(fmt::format("its answer has no {} where it belongs", attribute));
    const auto comma = text.find(',');
    const auto value = text.substr(2, comma == std::string_view::npos ? comma : comma - 2);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    return value;
}

std::string decoded(std::string_view challenge) {
    if (challenge.size() > kLongestChallenge) refuse("its answer is too long");
    const auto bytes = decode_base64(challenge);
    if (!bytes) refuse("its answer is no base64");
    return std::string(view_of(*bytes));
}

bool are_equal(const Secret& a, const Secret& b) noexcept {
    if (a.size() != b.size()) return false;
    std::byte difference{0};
    for (std::size_t i = 0; i < a.size(); ++i) difference |= a.expose()[i] ^ b.expose()[i];
    return difference == std::byte{0};
}

}  // namespace

ScramExchange::ScramExchange(crypto::HashKind hash, const Credentials& credentials, std::string nonce)
    : hash_(hash),
      password_(*credentials.secret),
      nonce_(std::move(nonce)),
      first_bare_(fmt::format("n={},r={}", escaped(credentials.user), nonce_)) {}

std::optional<Secret> ScramExchange::initial_response() {
    return encode_base64(os::as_bytes(fmt::format("n,,{}", first_bare_)));
}

Secret ScramExchange::respond(std::string_view challenge) {
    const auto message = decoded(challenge);
    if (step_ == Step::first) return prove(message);
    if (step_ == Step::verified) refuse("it asks for more than there is");
    verify(message);
    return {};
}

Secret ScramExchange::prove(const std::string& server_first) {
    std::string_view rest = server_first;
    const auto nonce = take(rest, 'r');
    const auto salt = decode_base64(take(rest, 's'));
    const auto count = take(rest, 'i');
    if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size()) refuse("its nonce does not continue ours");
    if (!salt || salt->empty()) refuse("it has no salt");
    int iterations = 0;
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (error != std::errc() || end != count.data() + count.size() || iterations < kFewestIterations ||
        iterations > kMostIterations)
        refuse(fmt::format("it asks for {} iterations", os::printable(count.substr(0, 20))));

    const auto last_bare = fmt::format("c=biws,r={}", nonce);  // biws: "n,,"
    const auto signed_text = fmt::format("{},{},{}", first_bare_, server_first, last_bare);
    const auto salted = crypto::pbkdf2(hash_, password_.expose(), salt->expose(), iterations);
    auto proof = crypto::hmac(hash_, salted.expose(), os::as_bytes("Client Key"));
    const auto stored = crypto::hash(hash_, proof.expose());
    const auto signature = crypto::hmac(hash_, stored.expose(), os::as_bytes(signed_text));
    for (std::size_t i = 0; i < proof.size(); ++i) proof.expose()[i] ^= signature.expose()[i];
    const auto server_key = crypto::hmac(hash_, salted.expose(), os::as_bytes("Server Key"));
    server_signature_ = crypto::hmac(hash_, server_key.expose(), os::as_bytes(signed_text));
    step_ = Step::last;
    return encode_base64(joined({last_bare, ",p=", view_of(encode_base64(proof.expose()))}).expose());
}

void ScramExchange::verify(const std::string& server_last) {
    std::string_view rest = server_last;
    if (rest.starts_with("e=")) refuse(fmt::format("it says {}", os::printable(rest.substr(2, 100))));
    const auto signature = decode_base64(take(rest, 'v'));
    if (!signature || !are_equal(*signature, server_signature_))
        throw Error(ErrorCode::failed, "the server does not prove that it knows the password",
                    "It may be somebody else's. The password was not sent to it.");
    step_ = Step::verified;
}

void ScramExchange::check_success() const {
    if (step_ != Step::verified)
        throw Error(ErrorCode::failed, "the server accepts the login without proving that it knows the password",
                    "It may be somebody else's. The password was not sent to it.");
}

}  // namespace kist::mailproto
