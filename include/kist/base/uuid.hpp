#pragma once
// A UUID (RFC 4122) in its 16 bytes: repository ids, LUKS and filesystem UUIDs.

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kist {

struct Uuid {
    std::array<std::byte, 16> bytes{};

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
    friend bool operator==(const Uuid&, const Uuid&) = default;
};

Uuid random_uuid();                       // version 4, from getrandom(2)
std::string to_string(const Uuid& uuid);  // 8-4-4-4-12, lower case
std::optional<Uuid> parse_uuid(std::string_view text);

}  // namespace kist
