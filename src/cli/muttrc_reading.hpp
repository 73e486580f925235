#pragma once
// Mail accounts out of a muttrc (muttrc(5)), as far as they can be had without running it: set, unset, source,
// account-hook, folder-hook and mailboxes are understood, everything else is passed over. Nothing is executed; what
// would have to be, is noted. Passwords stay in Secrets. Bounded: files of 1 MiB, 100 of them, 10 within each other.

#include "kist/base/secret.hpp"
#include "kist/mailproto/mail_url.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
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

// One statement's words: what quotes, backslashes and variables make of them. For tests.
struct MuttWord {
    std::string_view text;
    bool is_command = false;  // it was between backticks
};
class MuttStatement {
  public:
    using Variables = std::map<std::string, std::string, std::less<>>;
    // text: up to the end of the statement, which is `;`, a line's end or a comment. rest: what comes after it.
    MuttStatement(std::string_view text, const Variables& variables);

    const std::vector<MuttWord>& words() const { return words_; }
    std::size_t length() const { return length_; }  // of `text` that belonged to it, its end included

  private:
    Secret room_;  // where the words stand
    std::vector<MuttWord> words_;
    std::size_t length_ = 0;
};

}  // namespace kist::cli
