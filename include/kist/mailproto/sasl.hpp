#pragma once
// Logging in by SASL (RFC 4422), the client's side of it: PLAIN (RFC 4616), LOGIN, SCRAM-SHA-1 and SCRAM-SHA-256 (RFC
// 5802, 7677), XOAUTH2 and OAUTHBEARER (RFC 7628). Speaks the base64 lines that IMAP, POP3 and SMTP carry.

#include "kist/base/secret.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kist::mailproto {

enum class SecretKind : std::uint8_t { password, token };  // a token is an OAuth2 access token

struct Credentials {
    std::string user;
    const Secret* secret = nullptr;  // outlives the exchange
    SecretKind kind = SecretKind::password;
    std::string host{};  // OAUTHBEARER tells the server whom it speaks to
    std::uint16_t port = 0;
};

// One login. Errors: usage where user or password hold what the mechanism cannot carry; failed where the server breaks
// the mechanism's rules, with SCRAM also where it does not prove that it knows the password: then the connection must
// be closed.
class SaslExchange {
  public:
    virtual ~SaslExchange() = default;

    // What goes with the command, as base64 ("=" for an empty one: RFC 4422's convention for lines); nullopt where the
    // server speaks first. Once, before respond().
    virtual std::optional<Secret> initial_response() = 0;
    // The answer, as base64, to the server's challenge, in base64. Challenges beyond 64 KiB are refused.
    virtual Secret respond(std::string_view challenge) = 0;
    // Called when the server says that the login has succeeded: throws where it has not proved itself yet.
    virtual void check_success() const = 0;
    // What a failed OAuth2 login's challenge said, printable; empty otherwise.
    virtual std::string failure_details() const { return {}; }
};

// The strongest one that the server offers and this secret can be used with; names in any case. nullopt: none. What
// sends the password itself (PLAIN, LOGIN) comes after SCRAM.
std::optional<std::string> choose_mechanism(std::span<const std::string> offered, SecretKind kind);

// name: one that choose_mechanism knows, in any case. nonce: for tests; otherwise random. Errors: usage for another
// name or for the wrong kind of secret.
std::unique_ptr<SaslExchange> make_sasl_exchange(std::string_view name, const Credentials& credentials,
                                                 std::string nonce = {});

}  // namespace kist::mailproto
