#include "cli/mail_command.hpp"

#include <algorithm>
#include <limits>

namespace kist::cli {
namespace {

mailproto::ImapFolder inbox_of(mailproto::Pop3Maildrop& maildrop) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    mailproto::ImapFolder inbox;
    inbox.raw = inbox.name = "INBOX";
    if (const auto size = maildrop.session().stat()) {
        inbox.status.emplace();
        inbox.status->messages = static_cast<std::uint32_t>(std::min(size->messages, kMost));
    }
    maildrop.logout();
    return inbox;
}

}  // namespace

void MailCommand::declare(Options& options) {
    options.argument("ACCOUNT", word_, "A mailbox of the configuration, or imaps://user@host (pop3s://)",
                     Presence::required);
    access_.declare(options);
}

std::vector<mailproto::ImapFolder> MailCommand::list_folders(const Context& context) {
    account_ = find_mail_account(context.options.configured, word_);
    const MailLogin login(account_, access_, context.options.configured);
    if (account_.url.protocol == mailproto::Protocol::pop3) return {inbox_of(*login.connect_pop3())};
    const auto session = login.connect();
    auto folders = mailproto::list_folders(*session);
    session->logout();
    return folders;
}

}  // namespace kist::cli
