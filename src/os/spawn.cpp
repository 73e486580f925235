#include "os/spawn.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::os {
namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

Spawn::Spawn() : flags_(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
}

Spawn::~Spawn() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
}

void Spawn::give(int descriptor, int as) {
    posix_spawn_file_actions_adddup2(&actions_, descriptor, as);
}

void Spawn::give_no_input() {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
}

void Spawn::begin_in(const std::string& directory) {
    posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
}

void Spawn::lead_a_group() {
    posix_spawnattr_setpgroup(&attributes_, 0);
    flags_ |= POSIX_SPAWN_SETPGROUP;
}

pid_t Spawn::start(const std::vector<std::string>& argv, const std::vector<std::string>* environment) {
    posix_spawnattr_setflags(&attributes_, flags_);
    const auto arguments = pointers_to(argv);
    const auto variables = environment == nullptr ? std::vector<char*>() : pointers_to(*environment);
    auto* const* given = environment == nullptr ? environ : variables.data();
    pid_t pid = 0;
    int error = posix_spawnp(&pid, arguments.front(), &actions_, &attributes_, arguments.data(), given);
    // Ordinary users' PATH leaves out where mkfs and fsck are.
    for (const char* folder : {"/usr/sbin/", "/sbin/"})
        if (error == ENOENT && argv.front().find('/') == std::string::npos)
            error =
                posix_spawn(&pid, (folder + argv.front()).c_str(), &actions_, &attributes_, arguments.data(), given);
    if (error != 0) throw Error::from_errno(error, "cannot start " + printable(argv.front()));
    return pid;
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) throw Error::from_errno(errno, "cannot wait for a process");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace kist::os
