#pragma once
// How POP3 and SMTP carry a message (RFC 1939, 3; RFC 5321, 4.5.2): a line "." ends it, and lines of its own that begin
// with a dot get another one in front. Lines end with CRLF; a lone CR or LF is content.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kist::mailproto {

// Takes a message apart that arrives in pieces of any size.
class DotUnstuffer {
  public:
    // How many bytes of `input` belonged to the message: all of them until is_complete(). The content goes to `take`,
    // in pieces that are valid during the call.
    std::size_t feed(std::string_view input, const std::function<void(std::string_view)>& take);
    bool is_complete() const noexcept { return state_ == State::complete; }

  private:
    enum class State : std::uint8_t { line_start, dot, dot_cr, inside, cr, complete };
    State state_ = State::line_start;
};

// The whole message as it is sent, its end included. Lone LFs become CRLF; a last line that has no end gets one.
std::string dot_stuffed(std::string_view message);

}  // namespace kist::mailproto
