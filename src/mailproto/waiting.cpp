#include "mailproto/waiting.hpp"

#include "kist/base/error.hpp"

#include <algorithm>
#include <cerrno>

namespace kist::mailproto {
namespace {

constexpr std::chrono::milliseconds kLongestDeafness(200);

}  // namespace

void throw_if_set(const std::atomic<bool>* interrupted) {
    if (interrupted != nullptr && interrupted->load(std::memory_order_relaxed))
        throw Error(ErrorCode::interrupted, "interrupted");
}

int wait_for(std::span<pollfd> sockets, Deadline deadline, const std::atomic<bool>* interrupted) {
    for (;;) {
        throw_if_set(interrupted);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const auto slice = std::clamp(left, std::chrono::milliseconds(0), kLongestDeafness);
        const int ready = poll(sockets.data(), sockets.size(), static_cast<int>(slice.count()));
        if (ready > 0) return ready;
        if (ready < 0 && errno != EINTR) throw Error::from_errno(errno, "cannot wait for the network");
        if (left <= slice) return 0;
    }
}

short wait_for(int socket, short events, Deadline deadline, const std::atomic<bool>* interrupted) {
    pollfd one{socket, events, 0};
    return wait_for(std::span(&one, 1), deadline, interrupted) > 0 ? one.revents : short{0};
}

}  // namespace kist::mailproto
