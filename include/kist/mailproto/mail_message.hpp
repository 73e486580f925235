#pragma once
// A plain text mail of a program's own (RFC 5322, 2045, 2047, 3834).

#include "kist/base/timestamp.hpp"
#include "kist/base/uuid.hpp"

#include <string>
#include <vector>

namespace kist::mailproto {

struct MailMessage {
    std::string from;             // addresses, without names
    std::vector<std::string> to;  // at least one
    std::string subject;          // UTF-8, in one line
    std::string text;             // UTF-8; lines end with LF
};

// Lines with CR LF, ASCII only, none longer than 998 bytes; whatever subject and text hold, they add no header.
// id: of this message alone. Errors: usage for what is no address (see is_mail_address()).
std::string compose(const MailMessage& message, Timestamp now, const Uuid& id);

// Printable ASCII with an @ in it, of at most 254 bytes, that cannot be taken for something else in a header or
// command.
bool is_mail_address(std::string_view text) noexcept;

}  // namespace kist::mailproto
