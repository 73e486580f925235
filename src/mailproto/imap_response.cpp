#include "kist/mailproto/imap_response.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <strings.h>

namespace kist::mailproto {
namespace {

// Fixed-width digits; -1: there are others.
int digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";

int month_of(std::string_view name) {
    std::string lower;
    for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    const auto at = kMonths.find(lower);
    return lower.size() == 3 && at != std::string_view::npos && at % 3 == 0 ? static_cast<int>(at / 3) + 1 : 0;
}

}  // namespace

bool ImapListed::has(std::string_view attribute) const {
    return std::ranges::any_of(attributes, [&](const std::string& one) {
        return one.size() == attribute.size() && strncasecmp(one.data(), attribute.data(), one.size()) == 0;
    });
}

std::vector<std::string> uid_sets(const std::vector<std::uint32_t>& uids, std::size_t longest) {
    std::vector<std::string> sets;
    for (std::size_t at = 0; at < uids.size();) {
        auto end = at + 1;
        while (end < uids.size() && uids[end] == uids[end - 1] + 1) ++end;
        const auto range = end - at == 1 ? fmt::format("{}", uids[at]) : fmt::format("{}:{}", uids[at], uids[end - 1]);
        if (sets.empty() || sets.back().size() + range.size() >= longest)
            sets.push_back(range);
        else
            sets.back().append(",").append(range);
        at = end;
    }
    return sets;
}

std::optional<Timestamp> parse_internal_date(std::string_view text) {
    // dd-Mon-yyyy hh:mm:ss +zzzz, the first digit of the day perhaps a blank
    if (text.size() == 25) return parse_internal_date(std::string("0").append(text));
    if (text.size() != 26 || text[2] != '-' || text[6] != '-' || text[11] != ' ' || text[14] != ':' ||
        text[17] != ':' || text[20] != ' ' || (text[21] != '+' && text[21] != '-'))
        return std::nullopt;
    const int day = digits(text[0] == ' ' ? text.substr(1, 1) : text.substr(0, 2));
    const int month = month_of(text.substr(3, 3));
    const int year = digits(text.substr(7, 4));
    const int hour = digits(text.substr(12, 2));
    const int minute = digits(text.substr(15, 2));
    const int second = digits(text.substr(18, 2));
    const int zone = digits(text.substr(22, 4));
    const bool is_time =
        hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60 && zone >= 0 && year >= 0;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(std::max(day, 0))}};
    if (!is_time || !date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days{date}.time_since_epoch();
    const auto offset = (zone / 100 * 60 + zone % 100) * 60 * (text[21] == '-' ? -1 : 1);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(days).count() + hour * 3600 + minute * 60 + second - offset;
    return time_at(seconds);
}

std::string internal_date_text(Timestamp time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{seconds - day};
    auto month = std::string(kMonths.substr((static_cast<unsigned>(date.month()) - 1) * std::size_t{3}, 3));
    month.front() = static_cast<char>(month.front() - 'a' + 'A');
    return fmt::format("{:02}-{}-{:04} {:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()), month,
                       static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

}  // namespace kist::mailproto
