#pragma once
// A program that runs beside this one, started from an argument array and never through a shell.

#include "kist/os/fd.hpp"

#include <string>
#include <vector>

#include <sys/types.h>

namespace kist::os {

// What the child gets of this process's descriptors; nothing else is inherited. -1: the same one as here.
struct ChildDescriptors {
    int input = -1;
    int output = -1;
    std::vector<int> others{};  // become 3, 4, ...
};

class Child {
  public:
    // argv[0] is looked up in PATH. Signals are as if this process had never changed them. Errors: where it cannot be
    // started.
    Child(const std::vector<std::string>& argv, const ChildDescriptors& descriptors);
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Child& operator=(Child&&) = delete;
    ~Child();  // waits for its end

    int wait();  // its exit status, or 128 + signal

  private:
    pid_t pid_ = -1;
};

struct Pipe {
    Fd read_end;
    Fd write_end;
};
Pipe make_pipe();  // not inherited

}  // namespace kist::os
