#pragma once
// What the probes of all protocols are asked for alike: the server, the account, and how to show it.

#include "kist/mailproto/mail_url.hpp"
#include "kist/mailproto/sasl.hpp"

#include "cli/probe_run.hpp"
#include "cli/server_access.hpp"

#include <optional>
#include <string>

namespace kist::cli {

class ProbeRequest {
  public:
    explicit ProbeRequest(mailproto::Protocol protocol) noexcept : protocol_(protocol) {}

    void declare(Options& options);

    // Works out the URL, a bare host meaning encryption at once, and reads the password where a user is named: before
    // anything is connected, so that no server waits for a person. Errors: usage for a URL of another protocol.
    void prepare();

    const mailproto::MailUrl& url() const noexcept { return url_; }
    const ServerAccess& access() const noexcept { return access_; }
    Pace pace() const noexcept { return step_ ? Pace::on_request : Pace::by_itself; }
    std::optional<mailproto::Credentials> credentials() const;  // nullopt: nobody logs in
    bool upgrades() const noexcept { return !access_.is_plain() && url_.encryption == mailproto::Encryption::starttls; }

    // Connects, and encrypts where the URL says so.
    mailproto::Connection connect(ProbeRun& run) const;

  private:
    mailproto::Protocol protocol_;
    std::string text_;
    ServerAccess access_;
    bool step_ = false;
    std::int64_t timeout_ = 60;
    mailproto::MailUrl url_;
    Secret secret_;
};

// How the certificate and STARTTLS steps are explained.
ProbeStep encryption_step(const std::string& command);

// The mechanisms and the password's fate, for the login's explanation.
ProbeStep login_step(const ProbeRequest& request);

}  // namespace kist::cli
