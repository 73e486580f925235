#include "kist/mailproto/mail_message.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "mailproto/base64.hpp"
#include "mailproto/secret_text.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kLongestAddress = 254;   // RFC 5321, erratum 1690
constexpr std::size_t kLongestPlainLine = 78;  // RFC 5322, 2.1.1
constexpr std::size_t kBytesInLine = 57;       // 76 characters of Base64
constexpr std::size_t kBytesInWord = 39;       // in a line with "Subject: " of 76 characters at most

// RFC 5322, 3.3, in UTC and whatever the locale is.
std::string date_text(Timestamp time) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays[parts.tm_wday], parts.tm_mday,
                       kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string base64(std::string_view text) {
    const auto encoded = encode_base64(std::as_bytes(std::span(text)));
    return std::string(view_of(encoded));
}

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

// How many of the first `most` bytes end with a whole character.
std::size_t whole_characters(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text.size();
    auto size = most;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
    return size == 0 ? most : size;
}

// RFC 2047, in as many words as are needed.
std::string encoded_words(std::string_view text) {
    std::string words;
    while (!text.empty()) {
        const auto size = whole_characters(text, kBytesInWord);
        words += fmt::format("{}=?utf-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(text.substr(0, size)));
        text.remove_prefix(size);
    }
    return words;
}

std::string header_text(const std::string& text) {
    const auto shown = os::printable(text);
    const bool is_short = shown.size() + std::string_view("Subject: ").size() <= kLongestPlainLine;
    return is_plain(shown) && is_short && shown.find("=?") == std::string::npos ? shown : encoded_words(shown);
}

bool is_plain_text(std::string_view text) {
    std::size_t length = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c != '\n' && (byte < 0x20 || byte >= 0x7f) && c != '\t') return false;
        length = c == '\n' ? 0 : length + 1;
        if (length > kLongestPlainLine * 4) return false;
    }
    return true;
}

std::string with_line_ends(std::string_view text) {
    std::string lines;
    for (const char c : text) lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
    if (!lines.ends_with("\r\n")) lines += "\r\n";
    return lines;
}

std::string in_base64(const std::string& text) {
    std::string lines;
    for (std::size_t at = 0; at < text.size(); at += kBytesInLine)
        lines += fmt::format("{}\r\n", base64(std::string_view(text).substr(at, kBytesInLine)));
    return lines;
}

const std::string& required_address(const std::string& text) {
    if (!is_mail_address(text))
        throw Error(ErrorCode::usage, fmt::format("{} is no mail address", os::printable(text)));
    return text;
}

}  // namespace

bool is_mail_address(std::string_view text) noexcept {
    return text.size() <= kLongestAddress && text.find('@') != std::string_view::npos &&
           std::ranges::all_of(text, [](unsigned char c) {
               return c > 0x20 && c < 0x7f &&
                      std::string_view("<>(),;:\"\\").find(static_cast<char>(c)) == std::string_view::npos;
           });
}

std::string compose(const MailMessage& message, Timestamp now, const Uuid& id) {
    std::vector<std::string> recipients;
    for (const auto& address : message.to) recipients.push_back(fmt::format("<{}>", required_address(address)));
    const bool is_seven_bit = is_plain_text(message.text);
    return fmt::format(
        "Date: {}\r\nFrom: <{}>\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@kist.invalid>\r\n"
        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={}\r\n"
        "Content-Transfer-Encoding: {}\r\n\r\n{}",
        date_text(now), required_address(message.from), fmt::join(recipients, ",\r\n "), header_text(message.subject),
        to_string(id), is_seven_bit ? "us-ascii" : "utf-8", is_seven_bit ? "7bit" : "base64",
        is_seven_bit ? with_line_ends(message.text) : in_base64(with_line_ends(message.text)));
}

}  // namespace kist::mailproto
