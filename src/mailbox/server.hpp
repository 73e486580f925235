#pragma once
// The account's server, to which the connection may be lost.

#include "kist/base/error.hpp"
#include "kist/mailbox/export.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace kist::mailbox {

// When and how often to try again.
class Patience {
  public:
    explicit Patience(const ExportOptions& options) : options_(options) {}

    void require_going_on() const;  // throws interrupted
    // Waits, longer each time. Throws the error where that makes no sense: it is no trouble with the connection, or too
    // many in a row have not helped.
    void wait_after(const Error& error, bool is_connecting);
    // Something was gained since the last error.
    void note_progress() { failures_ = 0; }
    std::uint64_t waits() const { return waits_; }

  private:
    const ExportOptions& options_;
    unsigned failures_ = 0;
    std::uint64_t waits_ = 0;
};

// Session: mailproto::ImapSession or mailproto::Pop3Maildrop.
template <typename Session>
class Reconnecting {
  public:
    using Connect = std::function<std::unique_ptr<Session>()>;

    Reconnecting(Connect connect, const ExportOptions& options) : connect_(std::move(connect)), patience_(options) {}

    // Connects where there is none.
    Session& session() {
        require_going_on();
        if (session_) return *session_;
        is_connecting_ = true;
        session_ = connect_();
        is_connecting_ = false;
        return *session_;
    }
    // After an Error of the session: waits, so that the next session() is a new one. Errors: as of Patience.
    void recover(const Error& error) {
        session_.reset();
        patience_.wait_after(error, std::exchange(is_connecting_, false));
    }
    void note_progress() { patience_.note_progress(); }
    void require_going_on() const { patience_.require_going_on(); }
    void logout() {
        if (session_) session_->logout();
        session_.reset();
    }
    void drop() { session_.reset(); }  // without a word

    std::uint64_t recoveries() const { return patience_.waits(); }

  private:
    Connect connect_;
    Patience patience_;
    std::unique_ptr<Session> session_;
    bool is_connecting_ = false;  // connect_() has not returned
};

using Server = Reconnecting<mailproto::ImapSession>;

}  // namespace kist::mailbox
