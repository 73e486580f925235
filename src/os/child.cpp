#include "kist/os/child.hpp"

#include "kist/base/error.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::os {
namespace {

constexpr int kFirstOther = 3;
constexpr int kOutOfTheWay = 64;  // above what `others` are given as

// Each descriptor where none of the child's will be put.
std::vector<Fd> lifted(const std::vector<int>& descriptors) {
    std::vector<Fd> copies;
    for (const int descriptor : descriptors) {
        copies.emplace_back(fcntl(descriptor, F_DUPFD_CLOEXEC, kOutOfTheWay));
        if (!copies.back()) throw Error::from_errno(errno, "cannot hand a file to another program");
    }
    return copies;
}

class Spawning {
  public:
    Spawning() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;
    ~Spawning() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&actions_);
    }

    void give(int descriptor, int as) {
        if (descriptor >= 0) posix_spawn_file_actions_adddup2(&actions_, descriptor, as);
    }

    pid_t start(const std::vector<std::string>& argv) const {
        std::vector<char*> arguments;
        for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);
        pid_t pid = 0;
        const int error = posix_spawnp(&pid, argv.front().c_str(), &actions_, &attributes_, arguments.data(), environ);
        if (error != 0) throw Error::from_errno(error, "cannot start " + argv.front());
        return pid;
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

Child::Child(const std::vector<std::string>& argv, const ChildDescriptors& descriptors) {
    const auto others = lifted(descriptors.others);
    Spawning spawning;
    spawning.give(descriptors.input, STDIN_FILENO);
    spawning.give(descriptors.output, STDOUT_FILENO);
    for (std::size_t at = 0; at < others.size(); ++at)
        spawning.give(others[at].get(), kFirstOther + static_cast<int>(at));
    pid_ = spawning.start(argv);
}

Child::~Child() {
    if (pid_ < 0) return;
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

int Child::wait() {
    const auto pid = std::exchange(pid_, -1);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) throw Error::from_errno(errno, "cannot wait for a process");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Pipe make_pipe() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) throw Error::from_errno(errno, "cannot create a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace kist::os
