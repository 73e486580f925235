#pragma once
// What the commands that talk with an account's server have in common: ACCOUNT, how to reach it, and its folders.

#include "kist/mailproto/imap_folders.hpp"

#include "cli/command.hpp"
#include "cli/mail_account.hpp"

#include <string>
#include <vector>

namespace kist::cli {

class MailCommand {
  public:
    void declare(Options& options);
    // Logs in, asks, and says goodbye. Errors: as of MailLogin and ImapSession.
    std::vector<mailproto::ImapFolder> list_folders(const Context& context);
    // Of list_folders().
    const MailAccount& account() const { return account_; }

  private:
    std::string word_;
    ServerAccess access_;
    MailAccount account_;
};

}  // namespace kist::cli
