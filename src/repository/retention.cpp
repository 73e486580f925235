#include "kist/repository/retention.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace kist::repository {
namespace {

std::tm local(Timestamp time) {
    const auto seconds =
        static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
    std::tm fields{};
    localtime_r(&seconds, &fields);
    return fields;
}

std::int64_t day_of(const std::tm& time) {
    const std::chrono::year_month_day date{std::chrono::year{time.tm_year + 1900},
                                           std::chrono::month{static_cast<unsigned>(time.tm_mon) + 1},
                                           std::chrono::day{static_cast<unsigned>(time.tm_mday)}};
    return std::chrono::sys_days{date}.time_since_epoch().count();
}

// Equal for all times of one period.
std::int64_t hour_of(const std::tm& time) {
    return (day_of(time) * 24 + time.tm_hour) * 2 + (time.tm_isdst > 0 ? 0 : 1);  // an hour may occur twice
}
std::int64_t week_of(const std::tm& time) {
    constexpr int kThursday = 3;  // 1970-01-01 was one, counted from Monday
    const auto day = day_of(time) + kThursday;
    return (day >= 0 ? day : day - 6) / 7;
}
std::int64_t month_of(const std::tm& time) {
    return std::int64_t{time.tm_year} * 12 + time.tm_mon;
}
std::int64_t year_of(const std::tm& time) {
    return time.tm_year;
}

struct Rule {
    const char* name;
    std::int64_t RetentionPolicy::*count;
    std::int64_t (*period)(const std::tm&);
};

constexpr std::array kRules{
    Rule{"hourly", &RetentionPolicy::hourly, hour_of}, Rule{"daily", &RetentionPolicy::daily, day_of},
    Rule{"weekly", &RetentionPolicy::weekly, week_of}, Rule{"monthly", &RetentionPolicy::monthly, month_of},
    Rule{"yearly", &RetentionPolicy::yearly, year_of},
};

using Newest = std::vector<Verdict>::reverse_iterator;

void apply(const Rule& rule, std::int64_t count, std::vector<Verdict>& verdicts) {
    std::optional<std::int64_t> period;
    for (Newest verdict = verdicts.rbegin(); verdict != verdicts.rend() && count > 0; ++verdict) {
        const auto its_period = rule.period(local(verdict->snapshot.time));
        const bool is_first = its_period != period;
        if (!is_first && verdict + 1 != verdicts.rend()) continue;
        verdict->reasons.push_back(is_first ? rule.name : std::string("oldest for ") + rule.name);
        period = its_period;
        --count;
    }
}

int days_in_month(int year, int month) {  // month from 0
    const std::chrono::year_month_day_last last{
        std::chrono::year{year}, std::chrono::month_day_last{std::chrono::month(static_cast<unsigned>(month) + 1)}};
    return static_cast<int>(static_cast<unsigned>(last.day()));
}

}  // namespace

Timestamp before(Timestamp time, const CalendarSpan& span) {
    auto fields = local(time);
    const int months = (fields.tm_year + 1900 - span.years) * 12 + fields.tm_mon - span.months;
    fields.tm_year = months / 12 - 1900;
    fields.tm_mon = months % 12;
    fields.tm_mday = std::min(fields.tm_mday, days_in_month(months / 12, fields.tm_mon)) - span.days;
    fields.tm_hour -= span.hours;
    fields.tm_isdst = -1;
    const auto within_second = time - std::chrono::floor<std::chrono::seconds>(time);
    return time_at(std::mktime(&fields), within_second.count());
}

namespace {

void keep_tagged(const std::vector<std::string>& tags, std::vector<Verdict>& verdicts) {
    for (auto& verdict : verdicts)
        for (const auto& tag : verdict.snapshot.tags)
            if (std::ranges::find(tags, tag) != tags.end()) verdict.reasons.push_back("tag " + tag);
}

void keep_always(std::vector<Verdict>& verdicts) {
    if (verdicts.empty()) return;
    if (!verdicts.back().is_kept()) verdicts.back().reasons.emplace_back("newest");
    const auto is_whole = [](const Verdict& verdict) { return verdict.snapshot.skipped == 0; };
    const auto whole = std::find_if(verdicts.rbegin(), verdicts.rend(), is_whole);
    if (whole != verdicts.rend() && !whole->is_kept()) whole->reasons.emplace_back("newest that skipped nothing");
}

}  // namespace

std::optional<CalendarSpan> parse_calendar_span(std::string_view text) {
    CalendarSpan span;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (error != std::errc() || number < 0 || number > 8'766'000 || digits == text.size()) return std::nullopt;
        const char unit = text[digits];
        text.remove_prefix(digits + 1);
        if (unit == 'y')
            span.years += number;
        else if (unit == 'm')
            span.months += number;
        else if (unit == 'w')
            span.days += 7 * number;
        else if (unit == 'd')
            span.days += number;
        else if (unit == 'h')
            span.hours += number;
        else
            return std::nullopt;
        if (span.years > 1000 || span.months > 12'000 || span.days > 365'250 || span.hours > 8'766'000)
            return std::nullopt;
    }
    return span;
}

std::vector<Verdict> judge(const RetentionPolicy& policy, const std::vector<Snapshot>& snapshots) {
    std::vector<Verdict> verdicts;
    for (const auto& snapshot : snapshots) verdicts.push_back({snapshot, {}});
    std::ranges::sort(verdicts, {}, [](const Verdict& verdict) { return verdict.snapshot.number; });
    auto last = policy.last;
    for (Newest verdict = verdicts.rbegin(); verdict != verdicts.rend() && last > 0; ++verdict, --last)
        verdict->reasons.emplace_back("last");
    for (const auto& rule : kRules) apply(rule, policy.*rule.count, verdicts);
    if (policy.within && !verdicts.empty()) {
        const auto begin = before(verdicts.back().snapshot.time, *policy.within);
        for (auto& verdict : verdicts)
            if (verdict.snapshot.time >= begin) verdict.reasons.emplace_back("within");
    }
    keep_tagged(policy.tags, verdicts);
    keep_always(verdicts);
    return verdicts;
}

}  // namespace kist::repository
