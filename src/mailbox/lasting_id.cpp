#include "mailbox/lasting_id.hpp"

#include "mailbox/message_identity.hpp"

#include <fmt/format.h>

namespace kist::mailbox {

LastingId lasting_id_of(const mailproto::ImapFetched& message) {
    if (!message.size) return {};
    if (message.gmail_number)
        return {hashed_number(fmt::format("X-GM-MSGID {}", *message.gmail_number)), *message.size};
    if (message.email_id) return {hashed_number("EMAILID " + *message.email_id), *message.size};
    return {};
}

void set_lasting_id(os::FileStatus& status, const LastingId& id) {
    status.ctime = Timestamp(std::chrono::nanoseconds(id.number));
}

LastingId lasting_id_of(const repository::Entry& message) {
    const auto& identity = message.identity;
    const auto number = identity.ctime.time_since_epoch().count();
    if (identity.ctime == identity.birth_time || number <= 0) return {};
    return {static_cast<std::uint64_t>(number), message.metadata.size};
}

}  // namespace kist::mailbox
