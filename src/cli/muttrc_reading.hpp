#pragma once
// Mail accounts out of a muttrc (muttrc(5)), as far as they can be had without running it: set, unset, source,
// account-hook, folder-hook and mailboxes are understood, everything else is passed over. Nothing is executed; what
// would have to be, is noted. Passwords stay in Secrets. Bounded: files of 1 MiB, 100 of them, 10 within each other.

#include "kist/base/secret.hpp"
#include "kist/mailproto/mail_url.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

struct MuttAccount {
    mailproto::MailUrl url;  // with a user, without a folder
    std::optional<Secret> password{};
    std::string password_command{};  // what stands between backticks, where that is the password
    std::string token_command{};     // imap_oauth_refresh_command and its kin
    std::string ca_file{};
    std::string found_at{};  // "FILE:LINE", printable
};

struct MuttReading {
    std::vector<MuttAccount> accounts;
    std::vector<std::string> notes;  // "FILE:LINE: what is not taken over", printable
};

// home: what `~` means. Errors: those of the file itself; what is wrong in it is among the notes.
MuttReading read_muttrc(const std::string& path, const std::string& home);

}  // namespace kist::cli
