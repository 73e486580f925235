#pragma once
// SMTP submission (RFC 5321, 3207, 4954) over a connection, command by command. A refusal is a value; Errors are a
// server that breaks the rules (failed), a refused login (no_key) and all of Connection's. Replies are bounded: 500
// lines of 8 KiB. Threads: one.

#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/sasl.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

struct SmtpReply {
    int code = 0;                    // 200 to 599
    std::vector<std::string> lines;  // without the code; at least one; raw bytes of the network

    bool is_ok() const noexcept { return code < 400; }
};

struct SmtpCapabilities {
    std::vector<std::string> lines;  // as the server said them, without its greeting
    std::vector<std::string> sasl;   // mechanisms
    bool has_starttls = false;
    std::optional<std::uint64_t> largest_message;  // bytes, where the server says so
};

class SmtpSession {
  public:
    // Reads the greeting. The connection outlives the session. Errors: failed where the server turns us away.
    explicit SmtpSession(Connection& connection);

    const std::string& greeting() const noexcept { return greeting_; }

    // EHLO under this machine's name. To be said again after start_tls() and log_in(). Errors: failed where refused.
    SmtpCapabilities introduce();
    void start_tls();
    // By the mechanism; empty: the best that the capabilities name. Which one was used. Errors: no_key where the server
    // refuses, usage where there is no fitting way.
    std::string log_in(const Credentials& credentials, const SmtpCapabilities& capabilities,
                       std::string_view mechanism = {});

    // An address without the angle brackets, at most 254 bytes. Errors: usage for one that could be a second command.
    SmtpReply mail_from(std::string_view address);
    SmtpReply recipient(std::string_view address);
    // The whole message, after mail_from() and recipient(): taken over by the server, or refused.
    SmtpReply data(std::string_view message);
    SmtpReply reset();
    SmtpReply quit();

  private:
    SmtpReply command(std::string_view line);
    SmtpReply read_reply();

    Connection& connection_;
    std::string greeting_;
};

}  // namespace kist::mailproto
