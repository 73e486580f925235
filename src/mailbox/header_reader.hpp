#pragma once
// A message's header: RFC 5322, and what is sent in its place. Never fails, whatever the bytes are, and looks at no
// more than kHeaderLimit of them.

#include "kist/repository/mail_header.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace kist::mailbox {

inline constexpr std::size_t kHeaderLimit = std::size_t{64} << 10U;

// Each field up to the first empty line: its name, and its body in one line, without blanks around it and not decoded.
// Lines that are no field are passed over. The views live as long as the call.
using VisitField = std::function<void(std::string_view name, std::string_view body)>;
void each_field(std::span<const std::byte> message, const VisitField& visit);

repository::MailHeader read_header(std::span<const std::byte> message);

// From whom the message came, for an mbox: the address of Return-Path, Sender or From, "MAILER-DAEMON" where there is
// none. Printable ASCII without blanks.
std::string envelope_sender(std::span<const std::byte> message);

}  // namespace kist::mailbox
