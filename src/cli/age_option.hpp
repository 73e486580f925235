#pragma once
// Points of time as options take them: an age or a date.

#include "kist/base/timestamp.hpp"

#include <string>

namespace kist::cli {

// "30d", "1y6m", "36h" before now; or whatever names a time: "2026-11-20", "3 days ago". Anything else: a usage Error
// that names the option.
Timestamp parse_age(const std::string& option, const std::string& text, Timestamp now);

}  // namespace kist::cli
