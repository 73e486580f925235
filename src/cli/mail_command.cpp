#include "cli/mail_command.hpp"

namespace kist::cli {

void MailCommand::declare(Options& options) {
    options.argument("ACCOUNT", word_, "A mailbox of the configuration, or imaps://user@host", Presence::required);
    access_.declare(options);
}

std::vector<mailproto::ImapFolder> MailCommand::list_folders(const Context& context) {
    account_ = find_mail_account(context.options.configured, word_);
    const auto session = MailLogin(account_, access_, context.options.configured).connect();
    auto folders = mailproto::list_folders(*session);
    session->logout();
    return folders;
}

}  // namespace kist::cli
