#include "kist/mailproto/smtp_delivery.hpp"

#include "kist/base/error.hpp"
#include "kist/mailproto/smtp_session.hpp"
#include "kist/os/directory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::mailproto {
namespace {

void require(const Connection& connection, std::string_view what, const SmtpReply& reply) {
    if (reply.is_ok()) return;
    const auto said = connection.without_secrets(fmt::format("{} {}", reply.code, fmt::join(reply.lines, " ")));
    throw Error(ErrorCode::failed,
                fmt::format("{} refuses {}: {}", os::printable(connection.host()), what, os::printable(said)));
}

}  // namespace

void deliver(const SmtpLogin& login, const Envelope& envelope, std::string_view message) {
    Connection connection(login.connection);
    SmtpSession session(connection);
    auto capabilities = session.introduce();
    if (!connection.is_encrypted() && login.connection.plain_text == PlainText::refused) {
        session.start_tls();
        capabilities = session.introduce();
    }
    if (login.credentials) session.log_in(*login.credentials, capabilities, login.mechanism);
    require(connection, fmt::format("the sender {}", os::printable(envelope.from)), session.mail_from(envelope.from));
    for (const auto& address : envelope.to)
        require(connection, fmt::format("the recipient {}", os::printable(address)), session.recipient(address));
    require(connection, "the mail", session.data(message));
    try {
        session.quit();
    } catch (const Error&) {
        return;  // it has the mail
    }
}

}  // namespace kist::mailproto
