#pragma once
// Signals, for the whole program. The first SIGINT, SIGTERM or SIGHUP only sets a flag, which long operations poll, so
// that they end where nothing is lost; another SIGINT or SIGTERM exits at once, with 130 or 143. SIGPIPE is ignored:
// writing to a reader that has gone is an error of that write (output.hpp).

#include <atomic>

namespace kist::cli {

// Called once, before there are threads.
void catch_signals();

// Threads: any, also from signal handlers.
bool interrupt_requested() noexcept;

// The flag itself, for operations that take one.
const std::atomic<bool>& interrupt_flag() noexcept;

// Throws an interrupted Error when asked to stop.
void throw_if_interrupted();

// A terminal's settings that the second signal brings back before it exits. At most one lives at a time.
class EchoOff {
  public:
    explicit EchoOff(int terminal);
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;
    ~EchoOff();
};

}  // namespace kist::cli
