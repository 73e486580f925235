#include "cli/message_options.hpp"

#include "cli/age_option.hpp"

namespace kist::cli {

void MessageOptions::declare(Options& options) {
    options.texts("--folder", "FOLDER", folders_, "Only this folder and those in it, or what matches this pattern");
    options.text("--from", "TEXT", from_, "Only messages with this in From");
    options.text("--recipient", "TEXT", recipient_, "Only messages with this in To, Cc or Bcc");
    options.text("--subject", "TEXT", subject_, "Only messages with this in Subject");
    options.text("--message-id", "ID", message_id_, "Only messages with just this Message-ID");
    options.text("--since", "DATE", since_, "Only messages that the server received then or later: 2026-11-20, 30d");
    options.text("--before", "DATE", before_, "Only messages that it received before");
}

mailbox::MessageQuery MessageOptions::query(Timestamp now) const {
    mailbox::MessageQuery query{from_, recipient_, subject_, message_id_, {}, {}};
    if (!since_.empty()) query.since = parse_age("--since", since_, now);
    if (!before_.empty()) query.before = parse_age("--before", before_, now);
    return query;
}

}  // namespace kist::cli
