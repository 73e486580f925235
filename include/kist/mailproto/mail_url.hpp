#pragma once
// Where a mail server is and who logs in: imaps://user@host[:port][/FOLDER], and the same for imap, pop3s, pop3, smtps
// and smtp (RFC 5092, RFC 2384, as far as accounts need them). The schemes without an s begin in plain text and then
// require STARTTLS.

#include <cstdint>
#include <string>
#include <string_view>

namespace kist::mailproto {

enum class Protocol : std::uint8_t { imap, pop3, smtp };
enum class Encryption : std::uint8_t { implicit, starttls };

struct MailUrl {
    Protocol protocol = Protocol::imap;
    Encryption encryption = Encryption::implicit;
    std::string user;  // decoded; empty: none was given. Printable ASCII or UTF-8 without control characters.
    std::string host;  // lower case; an IPv6 address without its brackets
    std::uint16_t port = 0;
    std::string folder;  // decoded, UTF-8; only with imap, empty: none was given

    friend bool operator==(const MailUrl&, const MailUrl&) = default;
};

// Whether the text begins with one of the schemes, whatever follows.
bool is_mail_url(std::string_view text) noexcept;

// The last '@' ends the user, so that `imaps://me@example.org@mail.example.org` is understood. Errors: usage, with what
// is wrong; a password in the URL is refused and not repeated. At most 2048 bytes.
MailUrl parse_mail_url(std::string_view text);

// The shortest URL that means the same: the port only where it is not the usual one.
std::string to_text(const MailUrl& url);

std::uint16_t usual_port(Protocol protocol, Encryption encryption) noexcept;

}  // namespace kist::mailproto
