#pragma once
// Mail to the people whom the configuration names in [notify].

#include "kist/notify/news.hpp"

#include "cli/command.hpp"

namespace kist::cli {

// Hands it over to the server. Errors: not_found where nobody is configured; those of ServerAccess and
// mailproto::deliver(). No wait for the server takes longer than 15 seconds.
void send_notification(const Context& context, const notify::MailText& mail);

// If it is one of the occasions for which the configuration wants mail. What goes wrong is said, and no more: what the
// news are about is as it is.
void notify_of(const Context& context, const notify::News& news);

// What is wrong with the server or the addresses is an Error.
void require_right(const config::Notify& notify);

}  // namespace kist::cli
