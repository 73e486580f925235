#pragma once
// The keys of a [source.NAME] that is a mailbox.

#include "config/settings.hpp"
#include "config/table_reader.hpp"

#include <optional>

namespace kist::config {

// key: of its URL. nullopt: there is none; then the other keys of servers are not taken either.
std::optional<MailServer> read_mail_server(const char* key, TableReader& reader, const PathBase& base);

// nullopt: there is no url; then the other keys of mailboxes are not taken either.
std::optional<Mailbox> read_mailbox(TableReader& reader, const PathBase& base);

// Notes what is set for a mailbox and means something for files only.
void require_mailbox_settings(TableReader& reader, const Settings& own, const Origin& origin);

// The defaults for files mean nothing for a mailbox.
void drop_file_settings(Source& source);

}  // namespace kist::config
