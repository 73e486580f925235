#pragma once
// Mailboxes among the sources. A mailbox belongs to no machine: whichever backs it up, it is one source.

#include "kist/repository/snapshot.hpp"

#include <string>
#include <string_view>

namespace kist::repository {

// The host of every mailbox, which no machine is called. Its path is "/ACCOUNT", and its mirror latest/mail/ACCOUNT.
// Format: doc/format.md, "Mirror".
inline constexpr std::string_view kMailHost = "mail:";

inline bool is_mailbox(const Source& source) {
    return source.host == kMailHost;
}

// "/ACCOUNT", escaped as hosts are. A usage Error for an account whose name is too long.
std::string mailbox_path(std::string_view account);

// Where the newest state of a mailbox stands, below the volume's root: latest/mail/ACCOUNT.
std::string mailbox_folder(const Source& source);

}  // namespace kist::repository
