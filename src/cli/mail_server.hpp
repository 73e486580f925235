#pragma once
// An account's server, for the commands that change something there: one session, and the folders that it has.

#include "kist/mailproto/imap_changes.hpp"
#include "kist/mailproto/imap_naming.hpp"

#include "cli/command.hpp"
#include "cli/mail_account.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

class MailServer {
  public:
    // word: ACCOUNT. Logs in, and lists the folders. Errors: as of find_mail_account(), MailLogin and ImapSession.
    MailServer(const Context& context, const std::string& word, const ServerAccess& access);

    const MailAccount& account() const { return account_; }
    const MailLogin& login() const { return login_; }
    mailproto::ImapSession& session() { return *session_; }
    const std::vector<mailproto::ImapFolder>& folders() const { return folders_; }

    // name: as `mail folders` shows it, or without what the server begins all names with. Errors: not_found.
    const mailproto::ImapFolder& folder(const std::string& name) const;
    // Of a folder that is not there yet. Errors: usage where it is, or cannot be.
    std::string new_name(const std::string& name) const;
    void logout() { session_->logout(); }

  private:
    const mailproto::ImapFolder* find(const std::string& name) const;

    MailAccount account_;
    MailLogin login_;
    std::unique_ptr<mailproto::ImapSession> session_;
    mailproto::ImapNaming naming_;
    std::vector<mailproto::ImapFolder> folders_;
};

}  // namespace kist::cli
