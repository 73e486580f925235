#include "repository/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <initializer_list>
#include <string>

namespace kist::repository {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using Seconds = std::chrono::sys_seconds;

constexpr Seconds kEarliest = sys_days(std::chrono::year{1678} / 1 / 1);
constexpr Seconds kLatest = sys_days(std::chrono::year{2262} / 1 / 1);

// Takes from the front what it recognises.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }

    bool take(char wanted) {
        if (text_.empty() || text_.front() != wanted) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool take_any(std::string_view wanted) {
        if (text_.empty() || wanted.find(text_.front()) == std::string_view::npos) return false;
        text_.remove_prefix(1);
        return true;
    }

    std::string_view take_while(bool (*belongs)(char)) {
        const auto end = std::find_if_not(text_.begin(), text_.end(), belongs);
        const auto taken = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
        text_.remove_prefix(taken.size());
        return taken;
    }

    // Exactly so many digits.
    std::optional<int> number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (i >= text_.size() || !is_digit(text_[i])) return std::nullopt;
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(digits);
        return value;
    }

    static bool is_digit(char character) { return character >= '0' && character <= '9'; }
    static bool is_letter(char character) { return character >= 'a' && character <= 'z'; }
    static bool is_space(char character) { return character == ' '; }

  private:
    std::string_view text_;
};

std::tm broken_down(year_month_day date, seconds since_midnight) {
    std::tm time{};
    time.tm_year = static_cast<int>(date.year()) - 1900;
    time.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    time.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
    time.tm_hour = static_cast<int>(since_midnight / hours(1));
    time.tm_min = static_cast<int>(since_midnight % hours(1) / minutes(1));
    time.tm_sec = static_cast<int>(since_midnight % minutes(1) / seconds(1));
    return time;
}

bool same_wall_clock(const std::tm& a, const std::tm& b) {
    return a.tm_year == b.tm_year && a.tm_mon == b.tm_mon && a.tm_mday == b.tm_mday && a.tm_hour == b.tm_hour &&
           a.tm_min == b.tm_min && a.tm_sec == b.tm_sec;
}

std::tm shown_at(Seconds instant) {
    const auto count = static_cast<std::time_t>(instant.time_since_epoch().count());
    std::tm shown{};
    localtime_r(&count, &shown);
    return shown;
}

struct Instants {
    Seconds first;
    Seconds last;
};

// When clocks here show this: once, twice where they are put back, or never where they are put forward (then the moment
// at which they would have shown it, had they not been).
Instants local_instants(year_month_day date, seconds since_midnight) {
    const auto wanted = broken_down(date, since_midnight);
    std::optional<Instants> found;
    for (const int summer_time : {0, 1}) {
        auto guess = wanted;
        guess.tm_isdst = summer_time;
        const Seconds instant{seconds{mktime(&guess)}};
        if (!same_wall_clock(shown_at(instant), wanted)) continue;
        if (!found) found = Instants{instant, instant};
        found->first = std::min(found->first, instant);
        found->last = std::max(found->last, instant);
    }
    if (found) return *found;
    const auto before = shown_at(sys_days(date) - days(1));
    const auto instant = sys_days(date) + since_midnight - seconds(before.tm_gmtoff);
    return {instant, instant};
}

// The first instant of a day; not always midnight where clocks are put forward at that time.
Seconds local_begin(sys_days day) {
    for (minutes late{0}; late < hours(3); late += minutes(30)) {
        const auto first = local_instants(day, late).first;
        if (same_wall_clock(shown_at(first), broken_down(day, late))) return first;
    }
    return local_instants(day, seconds{0}).first;
}

year_month_day local_date(Timestamp now) {
    tzset();
    const auto shown = shown_at(std::chrono::floor<seconds>(now));
    return std::chrono::year{shown.tm_year + 1900} / (shown.tm_mon + 1) / shown.tm_mday;
}

std::optional<TimeSpan> span(Seconds begin, nanoseconds fraction, Seconds last, nanoseconds length) {
    if (begin < kEarliest || last >= kLatest) return std::nullopt;
    return TimeSpan{Timestamp(begin) + fraction, Timestamp(last) + fraction + length - nanoseconds(1), false};
}

std::optional<TimeSpan> whole_day(sys_days day) {
    const auto begin = local_begin(day);
    auto found = span(begin, nanoseconds(0), begin, local_begin(day + days(1)) - begin);
    if (found) found->is_day = true;
    return found;
}

std::optional<year_month_day> take_date(Scanner& scanner) {
    const auto year = scanner.number(4);
    if (!year || !scanner.take('-')) return std::nullopt;
    const auto month = scanner.number(2);
    if (!month || !scanner.take('-')) return std::nullopt;
    const auto day = scanner.number(2);
    if (!day) return std::nullopt;
    const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                              std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *year < 1678 || *year > 2261) return std::nullopt;
    return date;
}

struct TimeOfDay {
    seconds whole{0};
    nanoseconds fraction{0};
    nanoseconds length = minutes(1);  // of what it leaves open
};

// Up to nine digits after the point.
bool take_fraction(Scanner& scanner, TimeOfDay& time) {
    const auto digits = scanner.take_while(Scanner::is_digit);
    if (digits.empty() || digits.size() > 9) return false;
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    std::int64_t unit = 1;
    for (auto missing = digits.size(); missing < 9; ++missing) unit *= 10;
    time.fraction = nanoseconds(value * unit);
    time.length = nanoseconds(unit);
    return true;
}

std::optional<TimeOfDay> take_time(Scanner& scanner) {
    TimeOfDay time;
    const auto hour = scanner.number(2);
    if (!hour || *hour > 23 || !scanner.take(':')) return std::nullopt;
    const auto minute = scanner.number(2);
    if (!minute || *minute > 59) return std::nullopt;
    time.whole = hours(*hour) + minutes(*minute);
    if (!scanner.take(':')) return time;
    const auto second = scanner.number(2);
    if (!second || *second > 59) return std::nullopt;
    time.whole += seconds(*second);
    time.length = seconds(1);
    if (scanner.take('.') && !take_fraction(scanner, time)) return std::nullopt;
    return time;
}

// Z or +HH:MM. nullopt: none of them, and nothing is taken.
std::optional<seconds> take_offset(Scanner& scanner) {
    if (scanner.take_any("Zz")) return seconds(0);
    const bool west = scanner.take('-');
    if (!west && !scanner.take('+')) return std::nullopt;
    const auto hour = scanner.number(2);
    if (!hour || *hour > 23 || !scanner.take(':')) return std::nullopt;
    const auto minute = scanner.number(2);
    if (!minute || *minute > 59) return std::nullopt;
    return (west ? -1 : 1) * (hours(*hour) + minutes(*minute));
}

std::optional<TimeSpan> parse_calendar_time(std::string_view text) {
    Scanner scanner(text);
    const auto date = take_date(scanner);
    if (!date) return std::nullopt;
    if (scanner.at_end()) return whole_day(*date);
    if (!scanner.take_any(" Tt")) return std::nullopt;
    const auto time = take_time(scanner);
    if (!time) return std::nullopt;
    if (scanner.at_end()) {
        const auto [first, last] = local_instants(*date, time->whole);
        return span(first, time->fraction, last, time->length);
    }
    const auto offset = take_offset(scanner);
    if (!offset || !scanner.at_end()) return std::nullopt;
    const auto instant = sys_days(*date) + time->whole - *offset;
    return span(instant, time->fraction, instant, time->length);
}

// "3 days ago" as its number and unit.
struct Age {
    int number;
    std::string unit;  // without an s at the end
};

std::optional<Age> parse_age(std::string_view text) {
    Scanner scanner(text);
    const auto digits = scanner.take_while(Scanner::is_digit);
    scanner.take_while(Scanner::is_space);
    auto unit = scanner.take_while(Scanner::is_letter);
    const auto space = scanner.take_while(Scanner::is_space);
    const auto ago = scanner.take_while(Scanner::is_letter);
    if (digits.empty() || digits.size() > 6 || space.empty() || ago != "ago" || !scanner.at_end()) return std::nullopt;
    Age age{0, {}};
    std::from_chars(digits.data(), digits.data() + digits.size(), age.number);
    if (unit.ends_with('s')) unit.remove_suffix(1);
    age.unit = unit;
    return age;
}

std::optional<TimeSpan> moment(Timestamp time) {
    return TimeSpan{time, time, false};
}

std::optional<TimeSpan> day_months_ago(year_month_day today, int number) {
    if (number > 12 * 400) return std::nullopt;  // before the first time that can be held
    const auto month = today.year() / today.month() - std::chrono::months(number);
    const auto last = month / std::chrono::last;
    return whole_day(year_month_day{month / std::min(today.day(), year_month_day{last}.day())});
}

std::optional<TimeSpan> parse_relative_time(std::string_view text, Timestamp now) {
    const auto age = parse_age(text);
    if (!age) return std::nullopt;
    const auto& [number, unit] = *age;
    if (unit == "second" || unit == "sec") return moment(now - seconds(number));
    if (unit == "minute" || unit == "min") return moment(now - minutes(number));
    if (unit == "hour") return moment(now - hours(number));
    const auto today = local_date(now);
    if (unit == "day") return whole_day(sys_days(today) - days(number));
    if (unit == "week") return whole_day(sys_days(today) - days(7 * number));
    if (unit == "month") return day_months_ago(today, number);
    if (unit == "year") return day_months_ago(today, 12 * std::min(number, 1000));
    return std::nullopt;
}

}  // namespace

std::optional<TimeSpan> parse_time_span(std::string_view text, Timestamp now) {
    if (text == "now") return moment(now);
    if (text == "today") return whole_day(local_date(now));
    if (text == "yesterday") return whole_day(sys_days(local_date(now)) - days(1));
    if (const auto relative = parse_relative_time(text, now)) return relative;
    return parse_calendar_time(text);
}

}  // namespace kist::repository
