#include "mailbox/header_date.hpp"

#include "mailbox/header_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include <strings.h>

namespace kist::mailbox {
namespace {

constexpr std::size_t kMostWords = 8;
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2200;

bool is_same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view kBetween = " \t,";
    std::vector<std::string_view> words;
    while (words.size() < kMostWords) {
        const auto begin = text.find_first_not_of(kBetween);
        if (begin == std::string_view::npos) break;
        const auto end = std::min(text.find_first_of(kBetween, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
    return words;
}

std::optional<int> number_of(std::string_view digits) {
    int number = 0;
    const auto* end = digits.data() + digits.size();
    const bool is_short = !digits.empty() && digits.size() <= 4 && digits.front() != '-';
    const auto [at, error] = std::from_chars(digits.data(), end, number);
    return is_short && error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

std::optional<unsigned> month_of(std::string_view word) {
    static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (unsigned month = 0; month < kMonths.size(); ++month)
        if (is_same(word, kMonths[month])) return month + 1;
    return std::nullopt;
}

// "09:55" or "09:55:06".
std::optional<std::chrono::seconds> time_of(std::string_view word) {
    std::chrono::seconds time{0};
    int parts = 0;
    for (; parts < 3 && !word.empty(); ++parts) {
        const auto end = std::min(word.find(':'), word.size());
        const auto number = number_of(word.substr(0, end));
        if (!number || *number > (parts == 0 ? 23 : 60)) return std::nullopt;
        time = time * 60 + std::chrono::seconds(*number);
        word.remove_prefix(std::min(end + 1, word.size()));
    }
    if (parts < 2 || !word.empty()) return std::nullopt;
    return parts == 2 ? time * 60 : time;
}

std::chrono::minutes zone_of(std::string_view word) {
    const bool has_sign = word.size() == 5 && (word.front() == '+' || word.front() == '-');
    const auto number = has_sign ? number_of(word.substr(1)) : std::nullopt;
    if (!number) return {};
    const auto east = std::chrono::hours(*number / 100) + std::chrono::minutes(*number % 100);
    return word.front() == '+' ? east : -east;
}

}  // namespace

std::optional<Timestamp> parse_mail_date(std::string_view text) {
    auto words = words_of(text);
    if (!words.empty() && !number_of(words.front())) words.erase(words.begin());  // the day of the week
    if (words.size() < 4) return std::nullopt;
    const auto day = number_of(words[0]);
    const auto month = month_of(words[1]);
    auto year = number_of(words[2]);
    const auto time = time_of(words[3]);
    if (!day || !month || !year || !time) return std::nullopt;
    if (words[2].size() == 2) *year += *year < 50 ? 2000 : 1900;
    if (words[2].size() == 3) *year += 1900;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (*year < kFirstYear || *year > kLastYear || !date.ok()) return std::nullopt;
    const auto zone = words.size() > 4 ? zone_of(words[4]) : std::chrono::minutes(0);
    return Timestamp(std::chrono::sys_days(date)) + *time - zone;
}

std::optional<Timestamp> header_date(std::span<const std::byte> message) {
    std::optional<Timestamp> received;
    std::optional<Timestamp> sent;
    bool is_first = true;
    each_field(message, [&](std::string_view name, std::string_view body) {
        if (is_first && is_same(name, "Received")) {
            is_first = false;
            if (const auto at = body.rfind(';'); at != std::string_view::npos)
                received = parse_mail_date(body.substr(at + 1));
        } else if (!sent && is_same(name, "Date")) {
            sent = parse_mail_date(body);
        }
    });
    return received ? received : sent;
}

}  // namespace kist::mailbox
