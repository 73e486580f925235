#include "mailproto/imap_reader.hpp"

#include <limits>

namespace kist::mailproto {
namespace {

constexpr std::size_t kMostFlags = 1024;
constexpr std::size_t kLongestFlag = 1024;
constexpr std::size_t kLongestEmailId = 255;
constexpr auto kLargest32 = std::numeric_limits<std::uint32_t>::max();
constexpr auto kLargest64 = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::string item_name(ImapInput& input) {
    auto name = input.atom();
    for (char& c : name)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return name;
}

std::vector<std::string> read_flags(ImapInput& input) {
    std::vector<std::string> flags;
    input.list([&] {
        auto flag = input.until(" ()\"");
        if (flag.empty() || flag.size() > kLongestFlag) ImapInput::fail("a list of flags");
        if (flags.size() == kMostFlags) ImapInput::fail("a message has too many flags");
        flags.push_back(std::move(flag));
    });
    return flags;
}

// 64 bits without a sign; nullopt where the server says something else.
std::optional<std::uint64_t> read_gmail_number(ImapInput& input) {
    const char first = input.peek();
    if (first >= '0' && first <= '9') return input.number(std::numeric_limits<std::uint64_t>::max());
    input.skip_value();
    return std::nullopt;
}

// One word in brackets; nullopt where the server says something else.
std::optional<std::string> read_email_id(ImapInput& input) {
    std::string id;
    std::size_t count = 0;
    if (input.peek() != '(') {
        input.skip_value();
        return std::nullopt;
    }
    input.list([&] {
        ++count;
        id = input.atom();
        if (id.empty()) input.skip_value();
    });
    return count == 1 && !id.empty() && id.size() <= kLongestEmailId ? std::optional(id) : std::nullopt;
}

// BODY[...], the section already chosen by who asked; BODY without one is BODYSTRUCTURE's short form.
void read_body(ImapInput& input, ImapFetched& fetched, ImapSink& sink) {
    if (input.skip_if('[')) {
        input.until("]");
        input.expect(']');
        if (input.skip_if('<')) {
            input.number(kLargest64);
            input.expect('>');
        }
    } else {
        input.expect(' ');
        return input.skip_value();
    }
    input.expect(' ');
    if (fetched.has_body) ImapInput::fail("a message came twice in one answer");
    bool has_begun = false;
    const auto begin = [&] {
        if (!has_begun) sink.on_body_begin();
        has_begun = true;
    };
    fetched.has_body = input.stream_string([&](std::span<const std::byte> piece) {
        begin();
        sink.on_body(piece);
    });
    if (fetched.has_body) begin();  // an empty one
}

void read_item(ImapInput& input, ImapFetched& fetched, ImapSink& sink) {
    const auto name = item_name(input);
    if (name == "BODY") return read_body(input, fetched, sink);
    if (name.empty()) ImapInput::fail("a list of a message's attributes");
    input.expect(' ');
    if (name == "UID") {
        fetched.uid = static_cast<std::uint32_t>(input.number(kLargest32));
    } else if (name == "FLAGS") {
        fetched.flags = read_flags(input);
    } else if (name == "INTERNALDATE") {
        const auto text = input.string();
        fetched.internal_date = text ? parse_internal_date(*text) : std::nullopt;
    } else if (name == "RFC822.SIZE") {
        fetched.size = input.number(kLargest64);
    } else if (name == "X-GM-MSGID") {
        fetched.gmail_number = read_gmail_number(input);
    } else if (name == "EMAILID") {
        fetched.email_id = read_email_id(input);
    } else {
        input.skip_value();
    }
}

}  // namespace

void read_fetched(ImapInput& input, std::uint32_t sequence, ImapSink& sink) {
    ImapFetched fetched;
    fetched.sequence = sequence;
    input.list([&] { read_item(input, fetched, sink); });
    sink.on_fetched(fetched);
}

}  // namespace kist::mailproto
