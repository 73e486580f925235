#include "kist/base/uuid.hpp"

#include "kist/base/digest.hpp"
#include "kist/base/error.hpp"

#include <cerrno>
#include <string>

#include <sys/random.h>

namespace kist {
namespace {

constexpr std::array<std::size_t, 4> kDashes{8, 13, 18, 23};

std::optional<unsigned> hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

}  // namespace

Uuid random_uuid() {
    Uuid uuid;
    if (getrandom(uuid.bytes.data(), uuid.bytes.size(), 0) != static_cast<ssize_t>(uuid.bytes.size()))
        throw Error::from_errno(errno, "cannot get random bytes");
    uuid.bytes[6] = (uuid.bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    uuid.bytes[8] = (uuid.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    return uuid;
}

std::string to_string(const Uuid& uuid) {
    auto text = to_hex(uuid.bytes);
    for (const auto dash : kDashes) text.insert(dash, 1, '-');
    return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::string digits(text);
    for (auto dash = kDashes.rbegin(); dash != kDashes.rend(); ++dash) {
        if (digits[*dash] != '-') return std::nullopt;
        digits.erase(*dash, 1);
    }
    Uuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        const auto high = hex_value(digits[2 * i]);
        const auto low = hex_value(digits[2 * i + 1]);
        if (!high || !low) return std::nullopt;
        uuid.bytes[i] = static_cast<std::byte>(*high << 4 | *low);
    }
    return uuid;
}

}  // namespace kist
