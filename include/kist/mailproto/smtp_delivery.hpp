#pragma once
// Handing one mail over to a server.

#include "kist/mailproto/connection.hpp"
#include "kist/mailproto/sasl.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

struct SmtpLogin {
    ConnectionOptions connection;  // that begins in plain text goes on by STARTTLS, unless plain text is allowed
    std::optional<Credentials> credentials{};  // none: the server takes mail from anybody who reaches it
    std::string mechanism{};                   // empty: the best one
};

struct Envelope {
    std::string from;
    std::vector<std::string> to;
};

// When it returns, the server answers for the mail's delivery to all recipients. Errors: those of Connection and
// SmtpSession; failed where the server refuses one of the addresses or the mail, which nobody gets then.
void deliver(const SmtpLogin& login, const Envelope& envelope, std::string_view message);

}  // namespace kist::mailproto
