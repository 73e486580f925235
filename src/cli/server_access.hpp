#pragma once
// The options with which a command reaches a mail server and logs in. The password comes from a file, a command or the
// terminal, like a volume's key; never from an argument or the URL.

#include "kist/base/secret.hpp"
#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/mail_url.hpp"
#include "kist/mailproto/sasl.hpp"

#include "cli/configured.hpp"
#include "cli/options.hpp"

#include <string>
#include <vector>

namespace kist::cli {

class ServerAccess {
  public:
    void declare(Options& options);
    // What the options leave open, and the configuration says. Programs that are held back are not taken.
    void complete(const config::MailServer& server, const Configured& configured);

    // Errors: usage where --fingerprint is none, or options contradict each other.
    mailproto::ConnectionOptions connection(const mailproto::MailUrl& url) const;
    // Whether the dialogue stays in plain text.
    bool is_plain() const noexcept { return insecure_; }
    bool begins_with_tls(const mailproto::MailUrl& url) const noexcept {
        return !insecure_ && url.encryption == mailproto::Encryption::implicit;
    }

    mailproto::SecretKind kind() const noexcept;
    // The password or token. Errors: usage where there is neither an option for it nor a terminal, interrupted, failed
    // where the file or command does.
    Secret read_secret(const mailproto::MailUrl& url) const;
    const std::string& mechanism() const noexcept { return mechanism_; }  // empty: the best one

    // As a configuration would have it: paths absolute. Errors: usage for several sources of a secret.
    config::MailServer described(const std::string& url) const;
    // The password comes from the terminal or standard input: nothing has it the next time.
    bool is_typed() const noexcept;

  private:
    std::size_t source_count() const noexcept;
    void require_one_source() const;

    std::string password_file_;
    std::string password_command_;
    std::string password_keyring_;
    std::string password_credential_;
    std::string token_file_;
    std::string token_command_;
    std::string ca_file_;
    std::string fingerprint_;
    std::string mechanism_;
    bool insecure_ = false;
    std::vector<std::string> password_words_;  // the configuration's commands
    std::vector<std::string> token_words_;
};

}  // namespace kist::cli
