#include "kist/os/limited_process.hpp"

#include "kist/base/error.hpp"
#include "kist/os/child.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"

#include "os/spawn.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::os {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kFirst = 4 * 1024;
constexpr std::size_t kLast = 12 * 1024;
constexpr std::chrono::milliseconds kGrace{5000};  // between SIGTERM and SIGKILL
constexpr std::chrono::milliseconds kGlance{200};  // how late an interruption may be noticed

// Keeps the beginning and the end of what is written to it.
class BoundedText {
  public:
    void add(std::string_view piece) {
        const auto room = kFirst - std::min(kFirst, first_.size());
        first_ += piece.substr(0, room);
        last_ += piece.substr(std::min(room, piece.size()));
        if (last_.size() <= kLast) return;
        left_out_ += last_.size() - kLast;
        last_.erase(0, last_.size() - kLast);
    }
    std::string text() const { return first_ + last_; }
    std::uint64_t left_out() const { return left_out_; }

  private:
    std::string first_;
    std::string last_;
    std::uint64_t left_out_ = 0;
};

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
    auto all = added;
    const auto is_replaced = [&](std::string_view variable) {
        const auto name = variable.substr(0, variable.find('=') + 1);
        return std::ranges::any_of(added, [&](const std::string& one) { return one.starts_with(name); });
    };
    for (char** variable = environ; *variable != nullptr; ++variable)
        if (!is_replaced(*variable)) all.emplace_back(*variable);
    return all;
}

pid_t spawn_limited(const LimitedProcess& process, int output) {
    Spawn spawn;
    spawn.give_no_input();
    spawn.give(output, STDOUT_FILENO);
    spawn.give(output, STDERR_FILENO);
    spawn.begin_in(process.directory);
    spawn.lead_a_group();
    const auto environment = environment_with(process.environment);
    return spawn.start(process.argv, &environment);
}

// A process group that is ended, and whose first process is waited for, however its reader leaves.
class Group {
  public:
    explicit Group(pid_t pid) : pid_(pid), fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() {
        if (pid_ == 0) return;
        signal_group(SIGKILL);
        while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    }

    int fd() const { return fd_.get(); }
    void signal_group(int number) const noexcept { kill(-pid_, number); }
    int wait() { return wait_for(std::exchange(pid_, 0)); }

  private:
    pid_t pid_;
    Fd fd_;
};

// False at the end of the pipe.
bool read_piece(int fd, BoundedText& text) {
    std::array<char, 4096> buffer;
    const auto got = read(fd, buffer.data(), buffer.size());
    if (got > 0) text.add({buffer.data(), static_cast<std::size_t>(got)});
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

// What stands in the pipe when the child has ended; others may hold it open for ever.
void read_rest(int fd, BoundedText& text) {
    std::array<char, 4096> buffer;
    for (ssize_t got = 0; (got = read(fd, buffer.data(), buffer.size())) > 0;)
        text.add({buffer.data(), static_cast<std::size_t>(got)});
}

class Supervision {
  public:
    Supervision(const LimitedProcess& process, Group& group, int output)
        : process_(process), group_(group), output_(output), deadline_(Clock::now() + process.time) {}

    LimitedResult run() {
        for (;;) {
            std::array<pollfd, 2> fds{pollfd{group_.fd(), POLLIN, 0}, pollfd{output_, POLLIN, 0}};
            poll(fds.data(), fds.size(), patience());
            if (fds[1].revents != 0 && !read_piece(output_, text_)) output_ = -1;
            if (fds[0].revents != 0) break;
            look_at_the_clock();
        }
        if (result_.ending != Ending::exited) group_.signal_group(SIGKILL);  // the first to go may have left others
        if (output_ >= 0) read_rest(output_, text_);
        result_.status = group_.wait();
        result_.output = text_.text();
        result_.left_out = text_.left_out();
        return std::move(result_);
    }

  private:
    int patience() const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
        return static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, kGlance).count());
    }

    void look_at_the_clock() {
        const bool is_stopped = process_.interrupted != nullptr && *process_.interrupted;
        const bool is_late = Clock::now() >= deadline_;
        if (result_.ending == Ending::exited && (is_stopped || is_late)) {
            result_.ending = is_stopped ? Ending::interrupted : Ending::timed_out;
            group_.signal_group(SIGTERM);
            deadline_ = Clock::now() + kGrace;
        } else if (is_late) {
            group_.signal_group(SIGKILL);
            deadline_ = Clock::now() + kGrace;
        }
    }

    const LimitedProcess& process_;
    Group& group_;
    int output_;
    Clock::time_point deadline_;
    BoundedText text_;
    LimitedResult result_;
};

}  // namespace

LimitedResult run_limited(const LimitedProcess& process) {
    auto pipe = make_pipe();
    fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK);
    Group group(spawn_limited(process, pipe.write_end.get()));
    pipe.write_end.reset();
    if (group.fd() < 0) throw Error::from_errno(errno, "cannot watch " + printable(process.argv.front()));
    return Supervision(process, group, pipe.read_end.get()).run();
}

}  // namespace kist::os
