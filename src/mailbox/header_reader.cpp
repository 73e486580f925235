#include "mailbox/header_reader.hpp"

#include "mailbox/encoded_words.hpp"

#include <algorithm>
#include <array>

#include <strings.h>

namespace kist::mailbox {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kLongestAddress = 254;

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool is(std::string_view name, std::string_view wanted) {
    return name.size() == wanted.size() && strncasecmp(name.data(), wanted.data(), name.size()) == 0;
}

// Its first line, which `text` loses, without the line's end.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool is_field_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char letter) { return letter > ' ' && letter < 0x7f; });
}

bool is_address_byte(char letter) {
    return letter > ' ' && letter < 0x7f && letter != '<' && letter != '>' && letter != '"' && letter != ',' &&
           letter != ';' && letter != '(' && letter != ')';
}

// What stands in the last pair of angle brackets, or else around the first "@". Empty: there is none.
std::string address_in(std::string_view field) {
    const auto open = field.rfind('<');
    const auto close = open == std::string_view::npos ? open : field.find('>', open);
    if (close != std::string_view::npos) {
        field = trimmed(field.substr(open + 1, close - open - 1));
    } else {
        const auto at = field.find('@');
        if (at == std::string_view::npos) return {};
        auto begin = at;
        auto end = at;
        while (begin > 0 && is_address_byte(field[begin - 1])) --begin;
        while (end < field.size() && is_address_byte(field[end])) ++end;
        field = field.substr(begin, end - begin);
    }
    const bool is_sound = field.size() <= kLongestAddress && std::ranges::all_of(field, is_address_byte);
    return is_sound ? std::string(field) : std::string();
}

void add(std::string& list, std::string&& text) {
    if (text.empty()) return;
    if (!list.empty()) list += ", ";
    list += text;
}

}  // namespace

void each_field(std::span<const std::byte> message, const VisitField& visit) {
    const auto head = message.first(std::min(message.size(), kHeaderLimit));
    std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    std::string name;
    std::string body;
    const auto end_field = [&] {
        if (!name.empty()) visit(name, trimmed(body));
        name.clear();
        body.clear();
    };
    while (!text.empty()) {
        const auto line = take_line(text);
        if (line.empty()) break;
        if (line.front() == ' ' || line.front() == '\t') {
            if (!name.empty()) body += line;
            continue;
        }
        end_field();
        const auto colon = line.find(':');
        const auto field = trimmed(line.substr(0, colon));
        if (colon == std::string_view::npos || !is_field_name(field)) continue;
        name = field;
        body = line.substr(colon + 1);
    }
    end_field();
}

repository::MailHeader read_header(std::span<const std::byte> message) {
    repository::MailHeader header;
    each_field(message, [&](std::string_view name, std::string_view body) {
        if (is(name, "From"))
            add(header.from, decode_words(body));
        else if (is(name, "To") || is(name, "Cc") || is(name, "Bcc"))
            add(header.recipients, decode_words(body));
        else if (is(name, "Subject") && header.subject.empty())
            header.subject = decode_words(body);
        else if (is(name, "Message-ID") && header.message_id.empty())
            header.message_id = decode_words(body);
    });
    return header;
}

std::string envelope_sender(std::span<const std::byte> message) {
    constexpr std::array<std::string_view, 3> kFields{"Return-Path", "Sender", "From"};
    std::array<std::string, kFields.size()> found;
    each_field(message, [&](std::string_view name, std::string_view body) {
        for (std::size_t at = 0; at < kFields.size(); ++at)
            if (found.at(at).empty() && is(name, kFields.at(at))) found.at(at) = address_in(body);
    });
    const auto sender = std::ranges::find_if(found, [](const auto& address) { return !address.empty(); });
    return sender == found.end() ? "MAILER-DAEMON" : *sender;
}

}  // namespace kist::mailbox
