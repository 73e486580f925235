#include "mailproto/dot_stuffing.hpp"

namespace kist::mailproto {

// A byte that turned out to be content after it had been held back (the CR of ".\r" without LF) is passed on as a text
// of its own; runs of ordinary content are passed on whole.
std::size_t DotUnstuffer::feed(std::string_view input, const std::function<void(std::string_view)>& take) {
    std::size_t run = 0;  // where content that has not been passed on begins
    std::size_t at = 0;
    const auto pass_on = [&](std::size_t end) {
        if (end > run) take(input.substr(run, end - run));
        run = end;
    };
    while (at < input.size() && state_ != State::complete) {
        const char c = input[at];
        switch (state_) {
            case State::line_start:
                if (c == '.') {
                    pass_on(at);
                    run = at + 1;  // the dot is dropped
                }
                state_ = c == '.' ? State::dot : c == '\r' ? State::cr : State::inside;
                ++at;
                break;
            case State::dot:
                if (c == '\r') {
                    pass_on(at);
                    run = at + 1;  // held back
                    state_ = State::dot_cr;
                } else {
                    state_ = State::inside;
                }
                ++at;
                break;
            case State::dot_cr:
                if (c == '\n') {
                    run = at + 1;
                    state_ = State::complete;
                    ++at;
                } else {
                    take("\r");
                    state_ = c == '\r' ? State::cr : State::inside;
                    ++at;
                }
                break;
            case State::inside: {
                const auto next = input.find('\r', at);
                at = next == std::string_view::npos ? input.size() : next + 1;
                if (next != std::string_view::npos) state_ = State::cr;
                break;
            }
            case State::cr:
                state_ = c == '\n' ? State::line_start : c == '\r' ? State::cr : State::inside;
                ++at;
                break;
            case State::complete:
                break;
        }
    }
    if (state_ != State::complete) pass_on(at);
    return at;
}

std::string dot_stuffed(std::string_view message) {
    std::string sent;
    sent.reserve(message.size() + 16);
    bool is_line_start = true;
    for (std::size_t i = 0; i < message.size(); ++i) {
        const char c = message[i];
        if (is_line_start && c == '.') sent += '.';
        if (c == '\n' && !sent.ends_with('\r')) sent += '\r';
        sent += c;
        is_line_start = c == '\n';
    }
    if (!is_line_start) sent += "\r\n";
    return sent.append(".\r\n");
}

}  // namespace kist::mailproto
