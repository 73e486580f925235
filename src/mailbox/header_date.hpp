#pragma once
// When a message was delivered, as it says itself: for servers that do not say it.

#include "kist/base/timestamp.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace kist::mailbox {

// By its first Received field, which the last server has put there, else by Date. nullopt: neither has one that makes
// sense. Looks at kHeaderLimit bytes at most.
std::optional<Timestamp> header_date(std::span<const std::byte> message);

// RFC 5322, 3.3, with the obsolete zones of 4.3 as UTC: "Fri, 21 Nov 1997 09:55:06 -0600". From 1970 to 2200.
std::optional<Timestamp> parse_mail_date(std::string_view text);

}  // namespace kist::mailbox
