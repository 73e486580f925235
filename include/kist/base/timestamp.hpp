#pragma once
// Points in time in nanoseconds since 1970 UTC, as filesystems keep them, and the one clock that everything asks.

#include <chrono>
#include <string>

namespace kist {

using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

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
