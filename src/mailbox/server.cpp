#include "mailbox/server.hpp"

#include <thread>

namespace kist::mailbox {
namespace {

// In a row: of lost connections, and of anything else, which another try rarely helps.
constexpr unsigned kMostLosses = 5;
constexpr unsigned kMostFailures = 1;
constexpr std::chrono::milliseconds kGlance{50};

}  // namespace

void Patience::require_going_on() const {
    if (options_.interrupted != nullptr && *options_.interrupted)
        throw Error(ErrorCode::interrupted, "interrupted before the snapshot was complete");
}

void Patience::wait_after(const Error& error, bool is_connecting) {
    const bool is_lost = is_connecting || mailproto::is_lost_connection(error);
    if (error.code() != ErrorCode::failed || failures_ >= (is_lost ? kMostLosses : kMostFailures)) throw Error(error);
    ++waits_;
    const auto pause = options_.first_pause * (1U << failures_++);
    for (auto waited = kGlance; waited < pause; waited += kGlance) {
        require_going_on();
        std::this_thread::sleep_for(kGlance);
    }
}

}  // namespace kist::mailbox
