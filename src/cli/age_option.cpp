#include "cli/age_option.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/repository/retention.hpp"
#include "kist/repository/snapshot_name.hpp"

#include <fmt/format.h>

namespace kist::cli {

Timestamp parse_age(const std::string& option, const std::string& text, Timestamp now) {
    if (const auto span = repository::parse_calendar_span(text)) return repository::before(now, *span);
    if (const auto time = repository::parse_time(text, now)) return *time;
    throw Error(ErrorCode::usage, fmt::format("{} {} is neither an age nor a date", option, os::printable(text)),
                "Ages look like 30d, 2w, 1y6m or 36h; dates like 2026-11-20, \"2026-11-20 08:15\" or \"3 days ago\".");
}

}  // namespace kist::cli
