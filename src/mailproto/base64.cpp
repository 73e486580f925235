#include "mailproto/base64.hpp"

#include <cstdint>

namespace kist::mailproto {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint32_t> value_of(char c) noexcept {
    const auto at = kAlphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<std::uint32_t>(at);
}

}  // namespace

Secret encode_base64(std::span<const std::byte> bytes) {
    Secret text((bytes.size() + 2) / 3 * 4);
    const auto out = text.expose();
    const auto put = [&](std::size_t at, char c) { out[at] = static_cast<std::byte>(c); };
    for (std::size_t group = 0; 3 * group < bytes.size(); ++group) {
        std::uint32_t bits = 0;
        const auto rest = bytes.subspan(3 * group);
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < rest.size() ? std::to_integer<std::uint32_t>(rest[i]) : 0);
        for (std::size_t i = 0; i < 4; ++i)
            put(4 * group + i, i > rest.size() ? '=' : kAlphabet[bits >> (18 - 6 * i) & 63]);
    }
    return text;
}

std::optional<Secret> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const auto digits = text.substr(0, text.size() - padding);
    Secret bytes(text.size() / 4 * 3 - padding);
    std::uint32_t bits = 0;
    std::size_t put = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const auto value = value_of(digits[i]);
        if (!value) return std::nullopt;
        bits = (bits << 6 | *value) & 0xffffff;
        if (i % 4 != 0) bytes.expose()[put++] = static_cast<std::byte>(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    const std::uint32_t left_over = padding == 2 ? bits & 15 : padding == 1 ? bits & 3 : 0;
    if (left_over != 0) return std::nullopt;
    return bytes;
}

}  // namespace kist::mailproto
