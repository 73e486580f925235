#pragma once
// Which snapshots of a source a policy keeps, and why. As in restic and borg: each rule goes from the newest snapshot
// to the oldest and keeps the newest of each hour, day, ISO week, month or year (in the caller's time zone) until it
// has kept so many; while it has not, it keeps the oldest too. A snapshot stays if any rule keeps it.
//
// Whatever the policy says, two snapshots stay: the newest, and the newest that skipped nothing.

#include "kist/base/timestamp.hpp"
#include "kist/repository/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::repository {

// A span of calendar time: 1 month before 31 March is the last day of February.
struct CalendarSpan {
    int years = 0;
    int months = 0;
    int days = 0;
    int hours = 0;
};
// "30d", "1y6m", "2w", "36h". nullopt: not one, or longer than a thousand years.
std::optional<CalendarSpan> parse_calendar_span(std::string_view text);
Timestamp before(Timestamp time, const CalendarSpan& span);  // in the caller's time zone

struct RetentionPolicy {  // 0: no such rule
    std::int64_t last = 0;
    std::int64_t hourly = 0;
    std::int64_t daily = 0;
    std::int64_t weekly = 0;
    std::int64_t monthly = 0;
    std::int64_t yearly = 0;
    std::optional<CalendarSpan> within{};  // before the source's newest
    std::vector<std::string> tags{};       // all that have one of these

    bool is_empty() const { return last + hourly + daily + weekly + monthly + yearly == 0 && !within && tags.empty(); }
};

struct Verdict {
    Snapshot snapshot;
    std::vector<std::string> reasons;  // why it is kept, as "daily" or "oldest for yearly"; empty: it is not

    bool is_kept() const { return !reasons.empty(); }
};

// snapshots: of one source. The result is in the order of their times, oldest first.
std::vector<Verdict> judge(const RetentionPolicy& policy, const std::vector<Snapshot>& snapshots);

}  // namespace kist::repository
