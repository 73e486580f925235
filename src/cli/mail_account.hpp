#pragma once
// Mail accounts as commands take them: a URL, or the name of a configured source that is a mailbox.

#include "kist/config/configuration.hpp"
#include "kist/mailbox/folder_choice.hpp"
#include "kist/mailproto/imap_session.hpp"
#include "kist/mailproto/mail_url.hpp"
#include "kist/mailproto/pop3_maildrop.hpp"

#include "cli/configured.hpp"
#include "cli/server_access.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>

namespace kist::cli {

struct MailAccount {
    std::string name;  // its folder's in latest/mail: the source's name, else USER@HOST
    mailproto::MailUrl url;
    const config::Source* configured = nullptr;  // lives as long as the configuration
};

// Of an account's URL. Errors: usage where it is none, names no user, or speaks neither IMAP nor POP3.
mailproto::MailUrl parse_account_url(const std::string& text);

// word: a URL, or a source's name. A URL that is configured is that source. Errors: usage, and not_found for a name
// that is no mailbox's.
MailAccount find_mail_account(const Configured& configured, const std::string& word);

// Logs in again and again by what a person, a file or a program has said once.
class MailLogin {
  public:
    // access: of the command's options. Reads the password. Errors: as of ServerAccess.
    MailLogin(const MailAccount& account, ServerAccess access, const Configured& configured);

    // Any thread. Errors: usage for an account that is POP3's.
    std::unique_ptr<mailproto::ImapSession> connect() const;
    std::unique_ptr<mailproto::Pop3Maildrop> connect_pop3() const;
    // Begins to connect, in a thread of its own: the next connect() takes that session, or throws what went wrong. No
    // more than once.
    void connect_ahead();
    const Secret& secret() const noexcept { return secret_; }

  private:
    struct Ready {
        std::unique_ptr<mailproto::ImapSession> session;
        std::chrono::steady_clock::time_point since;
    };
    std::unique_ptr<mailproto::ImapSession> make_session() const;
    std::future<Ready> take_ready() const;

    mailproto::MailUrl url_;
    ServerAccess access_;
    Secret secret_;
    bool is_begun_ = false;
    mutable std::mutex mutex_;  // guards what follows
    mutable std::future<Ready> ready_;
};

mailbox::FolderChoice folders_of(const MailAccount& account);

}  // namespace kist::cli
