#include "kist/os/child.hpp"

#include "kist/base/error.hpp"

#include "os/spawn.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
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

}  // namespace

Child::Child(const std::vector<std::string>& argv, const ChildDescriptors& descriptors) {
    const auto others = lifted(descriptors.others);
    Spawn spawn;
    if (descriptors.input >= 0) spawn.give(descriptors.input, STDIN_FILENO);
    if (descriptors.output >= 0) spawn.give(descriptors.output, STDOUT_FILENO);
    for (std::size_t at = 0; at < others.size(); ++at) spawn.give(others[at].get(), kFirstOther + static_cast<int>(at));
    pid_ = spawn.start(argv);
}

Child::~Child() {
    if (pid_ < 0) return;
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

int Child::wait() {
    return wait_for(std::exchange(pid_, -1));
}

Pipe make_pipe() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) throw Error::from_errno(errno, "cannot create a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace kist::os
