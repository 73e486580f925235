#include "fuse/wakeable_threads.hpp"

#include <pthread.h>
#include <signal.h>

namespace kist::fuse {
namespace {

void do_nothing(int) {}

// Without SA_RESTART: the call returns.
void prepare_wake_signal() {
    struct sigaction action {};
    action.sa_handler = do_nothing;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, nullptr);
}

// While it lives, threads that are made take no signal but the one that wakes them.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        sigdelset(&all, SIGUSR1);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

}  // namespace

WakeableThreads::WakeableThreads(unsigned count, const std::function<void()>& work) : running_(count) {
    prepare_wake_signal();
    const SignalsBlocked blocked;
    for (unsigned i = 0; i < count; ++i)
        threads_.emplace_back([this, work] {
            work();
            const std::lock_guard lock(mutex_);
            if (--running_ == 0) ended_.notify_all();
        });
}

WakeableThreads::~WakeableThreads() {
    for (auto& thread : threads_) thread.join();
}

bool WakeableThreads::wait_for_all(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, limit, [this] { return running_ == 0; });
}

void WakeableThreads::wake() {
    for (auto& thread : threads_) pthread_kill(thread.native_handle(), SIGUSR1);
}

}  // namespace kist::fuse
