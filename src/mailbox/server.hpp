#pragma once
// The account's server, to which the connection may be lost.

#include "kist/mailbox/export.hpp"

#include <memory>
#include <string>

namespace kist::mailbox {

class Server {
  public:
    explicit Server(const ExportOptions& options) : options_(options) {}

    mailproto::ImapSession& session();  // connects where there is none
    // After an Error of the session: waits, longer each time, so that the next session() is a new one. Throws the error
    // where that makes no sense: it is no trouble with the connection, or too many in a row have not helped.
    void recover(const Error& error);
    // Something was gained since the last recover().
    void note_progress() { failures_ = 0; }
    void require_going_on() const;  // throws interrupted
    void logout();
    void drop() { session_.reset(); }  // without a word

    std::uint64_t recoveries() const { return recoveries_; }
    bool can_resync() { return session().has_enabled(); }  // QRESYNC is on; known after the first answer

  private:
    const ExportOptions& options_;
    std::unique_ptr<mailproto::ImapSession> session_;
    bool is_connecting_ = false;  // connect() has not returned
    unsigned failures_ = 0;
    std::uint64_t recoveries_ = 0;
};

}  // namespace kist::mailbox
