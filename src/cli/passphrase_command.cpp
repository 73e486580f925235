#include "cli/passphrase_command.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "cli/key_input.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::cli {
namespace {

struct SpawnSettings {
    SpawnSettings() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

// Ends and is waited for however its reader leaves.
class Child {
  public:
    explicit Child(pid_t pid) noexcept : pid_(pid) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        kill(pid_, SIGTERM);
        wait();
    }

    int wait() noexcept {
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
        pid_ = 0;
        return status;
    }

  private:
    pid_t pid_;
};

pid_t start(const std::vector<std::string>& argv, int output) {
    std::vector<char*> arguments;
    for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    SpawnSettings settings;
    posix_spawn_file_actions_adddup2(&settings.actions, output, STDOUT_FILENO);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&settings.attributes, &all);
    posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t pid = 0;
    const int error =
        posix_spawnp(&pid, arguments.front(), &settings.actions, &settings.attributes, arguments.data(), environ);
    if (error != 0)
        throw Error::from_errno(error, "cannot start the passphrase command " + os::printable(argv.front()));
    return pid;
}

// So that a program that says more than one line is not killed by a closed pipe.
void drain(int fd) {
    Secret rest(4096);
    while (os::read_some(fd, rest.expose(), "the passphrase command") > 0) continue;
}

}  // namespace

Secret read_from_command(const std::vector<std::string>& argv) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "cannot create a pipe");
    const os::Fd read_end(ends[0]);
    os::Fd write_end(ends[1]);
    Child child(start(argv, write_end.get()));
    write_end.reset();
    auto secret = read_secret(read_end.get(), Until::newline, "the passphrase command");
    drain(read_end.get());
    const int status = child.wait();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        const int shown = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        throw Error(ErrorCode::failed,
                    fmt::format("the passphrase command {} ended with status {}", os::printable(argv.front()), shown));
    }
    return secret;
}

}  // namespace kist::cli
