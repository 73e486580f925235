#include "mailproto/imap_input.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace kist::mailproto {
namespace {

constexpr std::size_t kBufferSize = 64U << 10U;
constexpr std::string_view kAtomEnds = " ()[]\"\r\n";

}  // namespace

ImapInput::ImapInput(ByteSource& source) : source_(source), buffer_(kBufferSize) {}

void ImapInput::fail(std::string_view what) {
    throw Error(ErrorCode::failed, fmt::format("the server's answer cannot be understood: {}", what));
}

bool ImapInput::fill() {
    if (begin_ != end_) return true;
    begin_ = 0;
    end_ = source_.read(buffer_);
    return end_ != 0;
}

char ImapInput::peek() {
    if (!fill()) throw Error(ErrorCode::failed, "the server has ended the connection");
    return static_cast<char>(buffer_[begin_]);
}

bool ImapInput::skip_if(char wanted) {
    if (peek() != wanted) return false;
    skip();
    return true;
}

void ImapInput::expect(char wanted) {
    if (!skip_if(wanted)) fail(fmt::format("'{}' is missing", wanted));
}

void ImapInput::skip_blanks() {
    while (skip_if(' ')) continue;
}

bool ImapInput::at_line_end() {
    const char next = peek();
    return next == '\r' || next == '\n';
}

void ImapInput::end_line() {
    skip_blanks();
    skip_if('\r');
    if (!skip_if('\n')) fail("a line does not end where it should");
}

std::string ImapInput::until(std::string_view ends) {
    std::string text;
    for (;;) {
        const char next = peek();
        if (next == '\r' || next == '\n' || ends.find(next) != std::string_view::npos) return text;
        if (text.size() == kLongestText) fail("a word is too long");
        text += next;
        skip();
    }
}

std::string ImapInput::atom() {
    return until(kAtomEnds);
}

std::uint64_t ImapInput::number(std::uint64_t largest) {
    std::uint64_t value = 0;
    bool has_digits = false;
    for (char next = peek(); next >= '0' && next <= '9'; next = peek()) {
        const auto digit = static_cast<std::uint64_t>(next - '0');
        if (value > (largest - digit) / 10) fail("a number is too large");
        value = value * 10 + digit;
        has_digits = true;
        skip();
    }
    if (!has_digits) fail("a number is missing");
    return value;
}

std::string ImapInput::rest_of_line() {
    std::string text;
    for (char next = peek(); next != '\n'; next = peek()) {
        if (text.size() < kLongestText) text += next;
        skip();
    }
    skip();
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
}

bool ImapInput::starts_literal() {
    const char next = peek();
    return next == '{' || next == '~';
}

std::uint64_t ImapInput::literal_size() {
    skip_if('~');
    expect('{');
    const auto size = number(static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    skip_if('+');
    expect('}');
    skip_if('\r');
    expect('\n');
    return size;
}

void ImapInput::stream_literal(const TakeBytes& take) {
    for (auto left = literal_size(); left > 0;) {
        peek();
        const auto piece = std::span(buffer_).subspan(begin_, std::min<std::uint64_t>(end_ - begin_, left));
        take(piece);
        begin_ += piece.size();
        left -= piece.size();
    }
}

void ImapInput::stream_quoted(const TakeBytes& take) {
    expect('"');
    std::string piece;
    for (;;) {
        char next = peek();
        if (next == '\n') fail("a quoted string has no end");
        skip();
        if (next == '"') break;
        if (next == '\\') {
            next = peek();
            skip();
        }
        piece += next;
        if (piece.size() < kLongestText) continue;
        take(std::as_bytes(std::span(piece)));
        piece.clear();
    }
    if (!piece.empty()) take(std::as_bytes(std::span(piece)));
}

bool ImapInput::stream_string(const TakeBytes& take) {
    if (starts_literal()) {
        stream_literal(take);
    } else if (peek() == '"') {
        stream_quoted(take);
    } else {
        const auto word = atom();
        if (word.empty()) fail("a string is missing");
        if (word == "NIL" || word == "nil") return false;
        take(std::as_bytes(std::span(word)));
    }
    return true;
}

std::optional<std::string> ImapInput::string(std::size_t longest) {
    std::string text;
    const auto take = [&](std::span<const std::byte> piece) {
        if (piece.size() > longest - text.size()) fail("a string is too long");
        text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    };
    if (!stream_string(take)) return std::nullopt;
    return text;
}

void ImapInput::skip_value() {
    const auto ignore = [](std::span<const std::byte>) {};
    std::uint64_t depth = 0;
    do {
        const char next = peek();
        if (next == '(') {
            ++depth;
            skip();
        } else if (depth > 0 && next == ')') {
            --depth;
            skip();
        } else if (depth > 0 && (next == ' ' || next == '[' || next == ']')) {
            skip();
        } else {
            stream_string(ignore);
        }
    } while (depth > 0);
}

void ImapInput::list(const std::function<void()>& item) {
    expect('(');
    for (skip_blanks(); !skip_if(')'); skip_blanks()) item();
}

}  // namespace kist::mailproto
