#include "cli/interrupt.hpp"

#include "kist/base/error.hpp"

#include "cli/exit_code.hpp"

#include <cerrno>

#include <signal.h>
#include <termios.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr int kTerminated = 128 + SIGTERM;  // as a shell reports it

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers may only touch lock-free atomics");

termios saved_settings;
std::atomic<int> silent_terminal{-1};  // set after saved_settings, cleared before it changes

void restore_terminal() noexcept {
    const int terminal = silent_terminal.exchange(-1);
    if (terminal >= 0) tcsetattr(terminal, TCSAFLUSH, &saved_settings);
}

void on_signal(int number) {
    const int saved_errno = errno;
    if (requested.exchange(true) && number != SIGHUP) {
        restore_terminal();
        _exit(number == SIGINT ? static_cast<int>(ExitCode::interrupted) : kTerminated);
    }
    errno = saved_errno;
}

}  // namespace

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigfillset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction inherited {};
        sigaction(number, nullptr, &inherited);
        if (inherited.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // nohup stays in force
    }
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
}

bool interrupt_requested() noexcept {
    return requested.load(std::memory_order_relaxed);
}

const std::atomic<bool>& interrupt_flag() noexcept {
    return requested;
}

void throw_if_interrupted() {
    if (interrupt_requested()) throw Error(ErrorCode::interrupted, "interrupted");
}

EchoOff::EchoOff(int terminal) {
    if (tcgetattr(terminal, &saved_settings) != 0)
        throw Error::from_errno(errno, "cannot read the terminal's settings");
    silent_terminal = terminal;
    termios silent = saved_settings;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ICANON | ECHONL;
    if (tcsetattr(terminal, TCSAFLUSH, &silent) != 0)
        throw Error::from_errno(errno, "cannot turn off the terminal's echo");
}

EchoOff::~EchoOff() {
    restore_terminal();
}

}  // namespace kist::cli
