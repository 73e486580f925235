#pragma once
// Base64 (RFC 4648) of secrets.

#include "kist/base/secret.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace kist::mailproto {

Secret encode_base64(std::span<const std::byte> bytes);

// Strictly: padded, no other characters, no bits left over. nullopt: it is none.
std::optional<Secret> decode_base64(std::string_view text);

}  // namespace kist::mailproto
