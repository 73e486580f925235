#pragma once
// The logins of accounts that are backed up one after the other: while one is worked on, the connections of the next
// ones are made.

#include "kist/base/error.hpp"

#include "cli/mail_account.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace kist::cli {

// One thread.
class MailLogins {
  public:
    // Both outlive it.
    MailLogins(const ServerAccess& access, const Configured& configured) : access_(access), configured_(configured) {}

    // Will be asked for, in the order of these calls. Reads the password now; what goes wrong is said at its turn.
    void expect(const MailAccount& account);
    // Its turn. An account that was not expected is logged in as it comes. Errors: as of MailLogin. It lives as long as
    // this.
    const MailLogin& take(const MailAccount& account);

  private:
    struct Expected {
        std::string name;
        std::unique_ptr<MailLogin> login;
        std::optional<Error> trouble;  // why there is none
    };

    const ServerAccess& access_;
    const Configured& configured_;
    std::deque<Expected> expected_;
};

}  // namespace kist::cli
