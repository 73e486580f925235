#include "cli/background.hpp"

#include "kist/base/error.hpp"

#include "cli/interrupt.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr char kDetached = 1;

// A read that signals interrupt. true: the other process has detached; false: it has ended.
bool wait_until_detached(int fd, pid_t other) {
    char word = 0;
    bool told = false;
    for (;;) {
        const auto got = read(fd, &word, 1);
        if (got >= 0) return got == 1 && word == kDetached;
        if (errno != EINTR) return false;
        if (interrupt_requested() && !told) kill(other, SIGTERM);
        told = interrupt_requested();
    }
}

ExitCode result_of(pid_t other) {
    int status = 0;
    while (waitpid(other, &status, 0) < 0)
        if (errno != EINTR) return ExitCode::failed;
    return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : ExitCode::failed;
}

}  // namespace

Background::Background() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "cannot make a pipe");
    os::Fd mine(ends[0]);
    caller_.reset(ends[1]);
    const auto other = fork();
    if (other < 0) throw Error::from_errno(errno, "cannot go into the background");
    if (other == 0) return;
    caller_.reset();
    caller_result_ = wait_until_detached(mine.get(), other) ? ExitCode::done : result_of(other);
}

void Background::detach() noexcept {
    setsid();
    const os::Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), standard);
    if (chdir("/") != 0 || write(caller_.get(), &kDetached, 1) != 1)
        return;  // a folder kept busy; a caller that has gone
    caller_.reset();
}

}  // namespace kist::cli
