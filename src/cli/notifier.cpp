#include "cli/notifier.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/mailproto/mail_message.hpp"
#include "kist/mailproto/mail_url.hpp"
#include "kist/mailproto/smtp_delivery.hpp"
#include "kist/os/directory.hpp"

#include "cli/server_access.hpp"

#include <fmt/format.h>

namespace kist::cli {
namespace {

// A server that is silent must not hold up what runs by night for long.
constexpr std::chrono::seconds kConnectTime{15};
constexpr std::chrono::seconds kPatience{15};

bool has_secret(const config::MailServer& server) {
    return !server.password_file.empty() || !server.password_command.empty() || !server.password_keyring.empty() ||
           !server.password_credential.empty() || !server.token_file.empty() || !server.token_command.empty();
}

const std::string& sender_of(const config::Notify& notify) {
    return notify.from.empty() ? notify.to.front() : notify.from;
}

bool is_occasion(const config::Notify& notify, const notify::News& news) {
    if (news.has_failed()) return notify.on_failure;
    return news.has_skipped() ? notify.on_skipped || notify.on_success : notify.on_success;
}

}  // namespace

void require_right(const config::Notify& notify) {
    const auto url = mailproto::parse_mail_url(notify.server.url);
    if (url.protocol != mailproto::Protocol::smtp)
        throw Error(ErrorCode::usage, "[notify] needs a server that takes mail", "Like smtps://you@mail.example.org.");
    if (!url.user.empty() && !has_secret(notify.server))
        throw Error(ErrorCode::usage, "[notify] names a user and no password",
                    "Nobody is asked for one: give password-file, password-command, token-file or token-command.");
    for (const auto& address : notify.to)
        if (!mailproto::is_mail_address(address))
            throw Error(ErrorCode::usage, fmt::format("[notify] {} is no mail address", os::printable(address)));
    if (!mailproto::is_mail_address(sender_of(notify)))
        throw Error(ErrorCode::usage, fmt::format("[notify] {} is no mail address", os::printable(notify.from)));
}

void send_notification(const Context& context, const notify::MailText& mail) {
    const auto& notify = context.options.configured.get().notify;
    if (!notify)
        throw Error(ErrorCode::not_found, "nobody is configured to be notified",
                    "`man kist`, CONFIGURATION, tells what [notify] needs.");
    require_right(*notify);
    const auto url = mailproto::parse_mail_url(notify->server.url);
    ServerAccess access;
    access.complete(notify->server, context.options.configured);
    mailproto::SmtpLogin login{access.connection(url), std::nullopt, access.mechanism()};
    login.connection.connect_time = kConnectTime;
    login.connection.patience = kPatience;
    Secret secret;
    if (!url.user.empty()) {
        const bool is_program = !notify->server.password_command.empty() || !notify->server.token_command.empty();
        if (is_program && context.options.configured.are_programs_held_back())
            throw Error(ErrorCode::usage,
                        "the password command is off, because the configuration came back by a rescue",
                        "`kist config confirm` shows it and turns it on.");
        secret = access.read_secret(url);
        login.credentials = mailproto::Credentials{url.user, &secret, access.kind(), url.host, url.port};
    }
    const auto message = mailproto::compose({sender_of(*notify), notify->to, mail.subject, mail.text},
                                            context.clock.now(), random_uuid());
    mailproto::deliver(login, {sender_of(*notify), notify->to}, message);
}

void notify_of(const Context& context, const notify::News& news) {
    try {
        const auto& notify = context.options.configured.get().notify;
        if (!notify || !is_occasion(*notify, news)) return;
        send_notification(context, notify::mail_about(news));
        context.console.detail("Mail about it was sent.");
    } catch (const Error& error) {
        context.console.error(fmt::format("no mail about it could be sent: {}", error.message()));
        if (!error.hint().empty()) context.console.hint(error.hint());
    }
}

}  // namespace kist::cli
