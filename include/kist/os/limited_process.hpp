#pragma once
// Running somebody else's program for a limited time.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kist::os {

struct LimitedProcess {
    std::vector<std::string> argv;  // argv[0] is looked up in PATH
    std::vector<std::string>
        environment{};               // "NAME=value", besides the caller's own, of which the same names are replaced
    std::string directory = "/";     // where it begins
    std::chrono::milliseconds time;  // that it and all of its process group may take
    const std::atomic<bool>* interrupted = nullptr;  // set: it is ended as if its time were over
};

enum class Ending : std::uint8_t { exited, timed_out, interrupted };

struct LimitedResult {
    Ending ending = Ending::exited;
    int status = 0;              // exit status, or 128 + signal
    std::string output;          // standard output and error together: the first 4 KiB and the last 12
    std::uint64_t left_out = 0;  // bytes of it that are not in `output`, between the two
};

// Starts it in a process group of its own, with an empty standard input, and waits. When its time is over the group
// gets SIGTERM, and five seconds later SIGKILL. What it leaves running when it ends by itself goes on. Throws only
// where it cannot be started. The child inherits no other descriptor and no signal mask.
LimitedResult run_limited(const LimitedProcess& process);

}  // namespace kist::os
