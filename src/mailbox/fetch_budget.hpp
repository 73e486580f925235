#pragma once
// How many bytes of messages may still be fetched. A message that has begun is fetched to its end.

#include "kist/base/byte_count.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace kist::mailbox {

// Any thread.
class FetchBudget {
  public:
    explicit FetchBudget(std::optional<ByteCount> bytes) : bytes_(bytes) {}

    void spend(std::uint64_t bytes) noexcept { spent_ += bytes; }
    bool is_used_up() const noexcept { return bytes_ && spent_ >= bytes_->value; }

  private:
    const std::optional<ByteCount> bytes_;
    std::atomic<std::uint64_t> spent_ = 0;
};

}  // namespace kist::mailbox
