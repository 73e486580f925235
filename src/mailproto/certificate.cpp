#include "kist/mailproto/certificate.hpp"

#include <cctype>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::string_view kPrefix = "SHA256:";

std::optional<unsigned> hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

bool has_prefix(std::string_view text) noexcept {
    if (text.size() < kPrefix.size()) return false;
    for (std::size_t i = 0; i < kPrefix.size(); ++i)
        if (std::toupper(static_cast<unsigned char>(text[i])) != kPrefix[i]) return false;
    return true;
}

}  // namespace

std::optional<Digest> parse_fingerprint(std::string_view text) {
    if (has_prefix(text)) text.remove_prefix(kPrefix.size());
    Digest digest;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        if (i > 0 && text.starts_with(':')) text.remove_prefix(1);
        if (text.size() < 2) return std::nullopt;
        const auto high = hex_value(text[0]);
        const auto low = hex_value(text[1]);
        if (!high || !low) return std::nullopt;
        digest.bytes[i] = static_cast<std::byte>(*high << 4 | *low);
        text.remove_prefix(2);
    }
    if (!text.empty()) return std::nullopt;
    return digest;
}

std::string fingerprint_text(const Digest& fingerprint) {
    std::string text(kPrefix);
    for (const auto byte : fingerprint.bytes)
        text += fmt::format("{}{:02X}", text.size() == kPrefix.size() ? "" : ":", std::to_integer<unsigned>(byte));
    return text;
}

}  // namespace kist::mailproto
