#pragma once
// The words of IMAP's answers (RFC 9051, 9), taken from a stream: atoms, numbers, quoted strings, literals of any size,
// lists of any depth. Memory stays bounded whatever a server sends: what is kept has a limit, what is not is read past.
// Errors: failed, for what cannot be understood, for an end in the middle, and those of the source.

#include "kist/mailproto/byte_source.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kist::mailproto {

using TakeBytes = std::function<void(std::span<const std::byte>)>;

class ImapInput {
  public:
    static constexpr std::size_t kLongestText = 8192;

    explicit ImapInput(ByteSource& source);

    char peek();
    void skip() { ++begin_; }  // what peek() returned
    bool skip_if(char wanted);
    void expect(char wanted);
    void skip_blanks();
    bool at_line_end();
    void end_line();  // CR LF, or LF alone
    // Whether bytes have come that were not asked for yet.
    bool has_buffered() const { return begin_ != end_; }

    std::string atom();                        // up to a blank, a bracket of any kind or a quote; may be empty
    std::string until(std::string_view ends);  // up to one of these, which stays, or the line's end
    std::uint64_t number(std::uint64_t largest);
    std::string rest_of_line();  // without its end; what is beyond kLongestText is cut off

    // A string in any of its forms, or an atom; nullopt: NIL. Errors: more than `longest`.
    std::optional<std::string> string(std::size_t longest = kLongestText);
    // The same, passed on in pieces; false: NIL.
    bool stream_string(const TakeBytes& take);
    void skip_value();  // a string, atom or list, whatever is in it
    // From the "(" to its ")".
    void list(const std::function<void()>& item);

    [[noreturn]] static void fail(std::string_view what);

  private:
    bool fill();
    bool starts_literal();
    std::uint64_t literal_size();
    void stream_literal(const TakeBytes& take);
    void stream_quoted(const TakeBytes& take);

    ByteSource& source_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace kist::mailproto
