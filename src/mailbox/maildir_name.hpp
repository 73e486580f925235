#pragma once
// Names of a Maildir++ tree: https://cr.yp.to/proto/maildir.html, https://www.courier-mta.org/maildir.html.
//
//   .Work.2024/cur/1700000000.17.kist,U=17:2,FS
//
// is the message with UID 17 in the folder Work/2024 whose UIDVALIDITY is 1700000000: flagged and seen. The inbox is
// the account's folder itself.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailbox {

// A folder's name as that of a directory, "" for "INBOX". Different folders have different ones: what would not be a
// name of its own, or has a meaning there (".", "%", "/", control bytes), is percent-escaped, and what is too long ends
// in a hash.
std::string maildir_folder(std::string_view name, std::optional<char> delimiter);

// 32 hexadecimal digits that stand for what is too long.
std::string name_hash(std::string_view text);

struct MessageFlags {
    std::string letters;   // of DFPRST, in this order
    std::string keywords;  // everything else, rising, with blanks between

    friend bool operator==(const MessageFlags&, const MessageFlags&) = default;
};

// From IMAP's words. \Recent, which is gone after one session, counts for nothing.
MessageFlags flags_of(const std::vector<std::string>& words);

struct MessageName {
    std::uint32_t uid_validity = 0;
    std::uint32_t uid = 0;
    std::string letters;
};

std::string to_name(const MessageName& message);
std::optional<MessageName> parse_message_name(std::string_view name);  // nullopt: none of ours

}  // namespace kist::mailbox
