#include "kist/os/process.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::os {
namespace {

constexpr std::size_t kKeptOutput = 64 * 1024;

struct Pipe {
    Fd read_end;
    Fd write_end;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "cannot create a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

pid_t spawn(const std::vector<std::string>& argv, int output) {
    std::vector<char*> arguments;
    for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    pid_t pid = 0;
    int error = posix_spawnp(&pid, argv.front().c_str(), &actions, &attributes, arguments.data(), environ);
    // Ordinary users' PATH leaves out where mkfs and fsck are.
    for (const char* folder : {"/usr/sbin/", "/sbin/"})
        if (error == ENOENT && argv.front().find('/') == std::string::npos)
            error =
                posix_spawn(&pid, (folder + argv.front()).c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw Error::from_errno(error, "cannot start " + argv.front());
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) throw Error::from_errno(errno, "cannot wait for a process");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run(const std::vector<std::string>& argv) {
    auto pipe = make_pipe();
    const auto pid = spawn(argv, pipe.write_end.get());
    pipe.write_end.reset();
    ProcessResult result;
    std::array<std::byte, 4096> buffer;
    while (const auto got = read_some(pipe.read_end.get(), buffer, argv.front()))
        if (result.output.size() < kKeptOutput) result.output.append(reinterpret_cast<const char*>(buffer.data()), got);
    result.status = wait_for(pid);
    return result;
}

std::string process_name(int pid) {
    try {
        auto name = read_small_file("/proc/" + std::to_string(pid) + "/comm", 256);
        if (!name.empty() && name.back() == '\n') name.pop_back();
        return name;
    } catch (const Error&) {
        return "";
    }
}

void make_undumpable() noexcept {
    prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

}  // namespace kist::os
