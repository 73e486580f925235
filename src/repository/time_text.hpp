#pragma once
// Times as people write them.

#include "kist/base/timestamp.hpp"

#include <optional>
#include <string_view>

namespace kist::repository {

// All that a text leaves open: 2026-11-20 is a day, 14:30 a minute. Both ends belong to it.
struct TimeSpan {
    Timestamp begin;
    Timestamp end;
    bool is_day = false;  // or a longer time: what is meant by it alone is its end
};

// nullopt: not a time, or one that 64 bits of nanoseconds since 1970 do not hold.
std::optional<TimeSpan> parse_time_span(std::string_view text, Timestamp now);

}  // namespace kist::repository
