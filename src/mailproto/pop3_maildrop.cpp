#include "kist/mailproto/pop3_maildrop.hpp"

#include <exception>

namespace kist::mailproto {

Pop3Maildrop::Pop3Maildrop(const Pop3Login& login) : connection_(login.connection), session_(connection_) {
    auto capabilities = session_.capabilities();
    if (!connection_.is_encrypted() && login.connection.plain_text == PlainText::refused) {
        session_.start_tls();
        capabilities = session_.capabilities();
    }
    session_.log_in(login.credentials, capabilities.value_or(Pop3Capabilities{}), login.mechanism);
    can_pipeline_ = capabilities && capabilities->has_pipelining;
}

void Pop3Maildrop::logout() noexcept {
    try {
        session_.quit();
    } catch (const std::exception&) {
        return;  // it is over in any case
    }
}

}  // namespace kist::mailproto
