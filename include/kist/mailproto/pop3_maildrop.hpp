#pragma once
// A maildrop, logged in: a POP3 session with its connection. Errors: those of Connection and Pop3Session; failed where
// the server does not offer the encryption that is required. After any of them it is of no use. Threads: one at a time.

#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/pop3_session.hpp"
#include "kist/mailproto/sasl.hpp"

#include <string>

namespace kist::mailproto {

struct Pop3Login {
    ConnectionOptions connection;  // that begins in plain text goes on by STLS, unless plain text is allowed
    Credentials credentials;
    std::string mechanism{};  // empty: the best one
};

class Pop3Maildrop {
  public:
    explicit Pop3Maildrop(const Pop3Login& login);
    Pop3Maildrop(const Pop3Maildrop&) = delete;
    Pop3Maildrop& operator=(const Pop3Maildrop&) = delete;
    ~Pop3Maildrop() = default;  // without a word, which deletes nothing

    Pop3Session& session() noexcept { return session_; }
    bool can_pipeline() const noexcept {
        return can_pipeline_;
    }  // several requests may be on their way (RFC 2449, 6.6)
    void logout() noexcept;

  private:
    Connection connection_;
    Pop3Session session_;
    bool can_pipeline_ = false;
};

}  // namespace kist::mailproto
