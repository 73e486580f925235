#pragma once
// How many bytes of messages may still be fetched, and who is told of those that were. A message that has begun is
// fetched to its end.

#include "kist/base/byte_count.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace kist::mailbox {

// Any thread.
class FetchBudget {
  public:
    using Tell = std::function<void(ByteCount fetched)>;
    static constexpr std::uint64_t kToldAtOnce = 16U << 20U;

    // tell: after each so many bytes, by whoever spends them, one thread at a time; may be empty.
    FetchBudget(std::optional<ByteCount> bytes, Tell tell) : bytes_(bytes), tell_(std::move(tell)) {}

    void spend(std::uint64_t bytes) {
        spent_ += bytes;
        if (!tell_ || (untold_ += bytes) < kToldAtOnce) return;
        const std::lock_guard lock(telling_);
        if (const auto fetched = untold_.exchange(0); fetched > 0) tell_({fetched});
    }
    bool is_used_up() const noexcept { return bytes_ && spent_ >= bytes_->value; }

  private:
    const std::optional<ByteCount> bytes_;
    const Tell tell_;
    std::atomic<std::uint64_t> spent_ = 0;
    std::atomic<std::uint64_t> untold_ = 0;
    std::mutex telling_;
};

}  // namespace kist::mailbox
