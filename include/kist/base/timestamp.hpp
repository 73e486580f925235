#pragma once
// Points in time in nanoseconds since 1970 UTC, as filesystems keep them, and the one clock that everything asks.

#include <chrono>
#include <cstdint>
#include <string>

namespace kist {

using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

// The years 1677 to 2262: what whole seconds can be taken from without an overflow.
inline constexpr std::int64_t kLastSecond = 9'223'372'035;

// Times beyond the ends become the ends.
inline Timestamp time_at(std::int64_t seconds, std::int64_t nanoseconds = 0) {
    if (seconds > kLastSecond) return Timestamp{std::chrono::seconds{kLastSecond}};
    if (seconds < -kLastSecond) return Timestamp{std::chrono::seconds{-kLastSecond}};
    return Timestamp{std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds}};
}

// RFC 3339 in UTC, to the second: 2026-11-20T08:15:00Z.
std::string to_rfc3339(Timestamp time);

// Passed in wherever the time is asked, so that tests and `backup --time` decide it. Threads: any.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
};

class SystemClock : public Clock {
  public:
    Timestamp now() const override;
};

class FixedClock : public Clock {
  public:
    explicit FixedClock(Timestamp time) : time_(time) {}
    Timestamp now() const override { return time_; }

  private:
    Timestamp time_;
};

}  // namespace kist
