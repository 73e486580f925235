#include "mailbox/lasting_id.hpp"

#include "kist/crypto/sha256.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

std::uint64_t number_for(const std::string& text) {
    const auto digest = crypto::sha256(std::as_bytes(std::span(text)));
    std::uint64_t number = 0;
    std::memcpy(&number, digest.bytes.data(), sizeof number);
    return std::max<std::uint64_t>(number & ~(std::uint64_t{1} << 63U), 1);
}

}  // namespace

LastingId lasting_id_of(const mailproto::ImapFetched& message) {
    if (!message.size) return {};
    if (message.gmail_number) return {number_for(fmt::format("X-GM-MSGID {}", *message.gmail_number)), *message.size};
    if (message.email_id) return {number_for("EMAILID " + *message.email_id), *message.size};
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
