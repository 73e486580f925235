#include "kist/mailproto/mail_url.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongest = 2048;
constexpr std::size_t kLongestUser = 255;
constexpr std::size_t kLongestHost = 253;  // RFC 1035

struct Scheme {
    std::string_view text;
    Protocol protocol;
    Encryption encryption;
    std::uint16_t port;
};

constexpr std::array<Scheme, 6> kSchemes{{
    {"imaps://", Protocol::imap, Encryption::implicit, 993},
    {"imap://", Protocol::imap, Encryption::starttls, 143},
    {"pop3s://", Protocol::pop3, Encryption::implicit, 995},
    {"pop3://", Protocol::pop3, Encryption::starttls, 110},
    {"smtps://", Protocol::smtp, Encryption::implicit, 465},
    {"smtp://", Protocol::smtp, Encryption::starttls, 587},
}};

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

const Scheme* scheme_of(std::string_view text) noexcept {
    for (const auto& scheme : kSchemes)
        if (text.size() >= scheme.text.size() && std::equal(scheme.text.begin(), scheme.text.end(), text.begin(),
                                                            [](char want, char c) { return want == lower(c); }))
            return &scheme;
    return nullptr;
}

// The text itself is not repeated: whoever makes a mistake may have put a password into it.
[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::usage, fmt::format("the mail server's URL is wrong: {}", what),
                "It looks like imaps://user@mail.example.org, or imap:// pop3s:// pop3:// smtps:// smtp://.");
}

std::optional<unsigned> hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (lower(c) >= 'a' && lower(c) <= 'f') return static_cast<unsigned>(lower(c) - 'a' + 10);
    return std::nullopt;
}

// Then os::printable changes nothing but backslashes, which it doubles.
bool is_plain_text(std::string text) {
    std::ranges::replace(text, '\\', '/');
    return os::printable(text) == text;
}

std::string decoded(std::string_view text, const char* what) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        const auto high = i + 1 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? hex_value(text[i + 2]) : std::nullopt;
        if (!high || !low) refuse(fmt::format("a % in the {} is not followed by two hexadecimal digits", what));
        result += static_cast<char>(*high << 4 | *low);
        i += 2;
    }
    if (!is_plain_text(result)) refuse(fmt::format("the {} holds control characters, or is not UTF-8", what));
    return result;
}

bool is_host_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string read_host(std::string_view text) {
    if (text.empty()) refuse("it names no server");
    if (text.size() > kLongestHost) refuse("the server's name is too long");
    std::string host;
    for (const char c : text) {
        host += lower(c);
        if (!is_host_character(host.back()))
            refuse("the server's name may hold letters, digits, dots and dashes (others in their xn-- form)");
    }
    if (host.front() == '.' || host.front() == '-' || host.find("..") != std::string::npos)
        refuse("the server's name is none");
    return host;
}

std::string read_address(std::string_view text) {
    std::string host;
    for (const char c : text) host += lower(c);
    in6_addr address{};
    if (inet_pton(AF_INET6, host.c_str(), &address) != 1) refuse("what stands in [brackets] is no IPv6 address");
    return host;
}

std::uint16_t read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0)
        refuse("the port is a number from 1 to 65535");
    return port;
}

void read_server(std::string_view text, MailUrl& url) {
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos) refuse("a bracket is not closed");
        url.host = read_address(text.substr(1, bracket - 1));
        rest = text.substr(bracket + 1);
    } else {
        const auto colon = text.find(':');
        url.host = read_host(text.substr(0, colon));
        rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    }
    if (rest.empty()) return;
    if (!rest.starts_with(':')) refuse("something stands between the server and the port");
    url.port = read_port(rest.substr(1));
}

// Anything but letters, digits and what RFC 3986 leaves free.
std::string encoded(std::string_view text, std::string_view also_free) {
    std::string result;
    for (const char c : text) {
        const bool is_free = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
                             std::string_view("-._~").find(c) != std::string_view::npos ||
                             also_free.find(c) != std::string_view::npos;
        result += is_free ? std::string(1, c) : fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
    }
    return result;
}

}  // namespace

bool is_mail_url(std::string_view text) noexcept {
    return scheme_of(text) != nullptr;
}

MailUrl parse_mail_url(std::string_view text) {
    if (text.size() > kLongest) refuse("it is too long");
    const auto* const scheme = scheme_of(text);
    if (scheme == nullptr) refuse("it does not begin with a known protocol");
    MailUrl url{scheme->protocol, scheme->encryption, {}, {}, scheme->port, {}};
    text.remove_prefix(scheme->text.size());

    const auto slash = text.find('/');
    const auto authority = text.substr(0, slash);
    const auto folder = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
    const auto at = authority.rfind('@');
    if (at != std::string_view::npos) {
        const auto user = authority.substr(0, at);
        if (user.find(':') != std::string_view::npos)
            refuse("a password does not belong there (a : in the user's name is written %3A)");
        url.user = decoded(user, "user's name");
        if (url.user.empty()) refuse("the user's name is empty");
        if (url.user.size() > kLongestUser) refuse("the user's name is too long");
    }
    read_server(at == std::string_view::npos ? authority : authority.substr(at + 1), url);
    if (!folder.empty() && url.protocol != Protocol::imap) refuse("only imap:// and imaps:// have folders");
    url.folder = decoded(folder, "folder's name");
    return url;
}

std::string to_text(const MailUrl& url) {
    std::string text;
    for (const auto& scheme : kSchemes)
        if (scheme.protocol == url.protocol && scheme.encryption == url.encryption) text = scheme.text;
    if (!url.user.empty()) text += encoded(url.user, "@+") + "@";
    text += url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    if (url.port != usual_port(url.protocol, url.encryption)) text += ":" + std::to_string(url.port);
    if (!url.folder.empty()) text += "/" + encoded(url.folder, "/");
    return text;
}

std::uint16_t usual_port(Protocol protocol, Encryption encryption) noexcept {
    for (const auto& scheme : kSchemes)
        if (scheme.protocol == protocol && scheme.encryption == encryption) return scheme.port;
    return 0;
}

}  // namespace kist::mailproto
