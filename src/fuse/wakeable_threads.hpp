#pragma once
// Threads that block in system calls and can be got out of them. SIGUSR1 is theirs: it interrupts a call, and does
// nothing else. Signals that are meant for the program are left to the thread that made them.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kist::fuse {

class WakeableThreads {
  public:
    WakeableThreads(unsigned count, const std::function<void()>& work);
    WakeableThreads(const WakeableThreads&) = delete;
    WakeableThreads& operator=(const WakeableThreads&) = delete;
    ~WakeableThreads();  // waits for all

    bool wait_for_all(std::chrono::milliseconds limit);  // true: all have ended
    // Interrupts each one's call with EINTR. One that is just about to call misses it: wake again.
    void wake();

  private:
    std::mutex mutex_;
    std::condition_variable ended_;
    unsigned running_;
    std::vector<std::thread> threads_;
};

}  // namespace kist::fuse
