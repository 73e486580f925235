#pragma once
// A process named so that a later one with the same number is not taken for it: by when it was started.

#include <chrono>
#include <cstdint>

namespace kist::volume {

struct ProcessIdentity {
    int pid = 0;                   // 0: no process
    std::uint64_t start_time = 0;  // clock ticks since boot: field 22 of /proc/PID/stat (proc(5))

    friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

// pid 0 where there is no such process, or only its zombie.
ProcessIdentity identify_process(int pid);
bool is_running(const ProcessIdentity& process);

// false: it still runs after `limit`.
bool wait_for_exit(const ProcessIdentity& process, std::chrono::milliseconds limit);

}  // namespace kist::volume
