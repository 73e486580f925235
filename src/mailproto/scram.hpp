#pragma once
// SCRAM (RFC 5802, RFC 7677) without channel binding: neither side tells the other the password, and the server proves
// that it knows it. The password is taken as the bytes that it is: no SASLprep.

#include "kist/crypto/keyed_hash.hpp"
#include "kist/mailproto/sasl.hpp"

#include <string>

namespace kist::mailproto {

class ScramExchange : public SaslExchange {
  public:
    ScramExchange(crypto::HashKind hash, const Credentials& credentials, std::string nonce);

    std::optional<Secret> initial_response() override;
    Secret respond(std::string_view challenge) override;
    void check_success() const override;

  private:
    enum class Step : std::uint8_t { first, last, verified };

    Secret prove(const std::string& server_first);
    void verify(const std::string& server_last);

    crypto::HashKind hash_;
    const Secret& password_;
    std::string nonce_;
    std::string first_bare_;  // the client's first message, as both sides sign it
    Secret server_signature_;
    Step step_ = Step::first;
};

}  // namespace kist::mailproto
