#pragma once
// Names of mailboxes as IMAP4rev1 sends them: RFC 3501, 5.1.3. Printable ASCII stands for itself, "&" is "&-", anything
// else is UTF-16 in a base64 of its own.

#include <optional>
#include <string>
#include <string_view>

namespace kist::mailproto {

// nullopt: `name` is not in this encoding, as servers have it that send raw bytes. Every result encodes to a name that
// decodes to it again; NUL is never one of its characters.
std::optional<std::string> decode_modified_utf7(std::string_view name);

// nullopt: the text is no UTF-8.
std::optional<std::string> encode_modified_utf7(std::string_view text);

}  // namespace kist::mailproto
