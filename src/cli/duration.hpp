#pragma once
// Spans and points of time for people.

#include "kist/base/timestamp.hpp"

#include <chrono>
#include <string>

namespace kist::cli {

// "0.4 s", "12 s", "3 min 05 s", "2 h 14 min".
std::string to_text(std::chrono::duration<double> span);
// One unit: "just now", "5 minutes", "3 hours", "12 days".
std::string age_text(std::chrono::nanoseconds age);
// In the caller's time zone, to the minute: 2026-11-20 08:15.
std::string local_time(Timestamp time);

}  // namespace kist::cli
