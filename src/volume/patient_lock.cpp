#include "volume/patient_lock.hpp"

#include "kist/os/lock.hpp"

#include <chrono>
#include <thread>

namespace kist::volume {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 2000ms;
constexpr auto kPollInterval = 20ms;

}  // namespace

bool lock_patiently(int fd, os::Access access) {
    const auto mode = access == os::Access::read_only ? os::LockMode::shared : os::LockMode::exclusive;
    for (auto left = kPatience; left > 0ms; left -= kPollInterval) {
        if (os::try_lock(fd, mode)) return true;
        std::this_thread::sleep_for(kPollInterval);
    }
    return false;
}

}  // namespace kist::volume
