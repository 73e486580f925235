#pragma once
// What a snapshot's folders are called on a server that may have another separator and another namespace.

#include "kist/mailbox/snapshot_folders.hpp"
#include "kist/mailproto/imap_folders.hpp"
#include "kist/mailproto/imap_naming.hpp"

#include <string>
#include <vector>

namespace kist::mailbox {

// One for each, no two the same; INBOX is INBOX. Where all other folders are below INBOX, the server had them there by
// its namespace, and the inbox's name is no part of theirs. A folder that the server has by the full name is that one.
std::vector<std::string> target_names(const std::vector<SnapshotFolder>& folders, const mailproto::ImapNaming& naming,
                                      const std::vector<mailproto::ImapFolder>& listed);

}  // namespace kist::mailbox
