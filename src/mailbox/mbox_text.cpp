#include "mailbox/mbox_text.hpp"

#include "mailbox/header_reader.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

namespace kist::mailbox {
namespace {

constexpr std::string_view kFrom = "From ";
constexpr std::int64_t kLastYear = 9999;

std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::byte>& bytes, std::string_view text) {
    const auto more = std::as_bytes(std::span(text.data(), text.size()));
    bytes.insert(bytes.end(), more.begin(), more.end());
}

// Its first line with the line's end, which `text` loses.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    text.remove_prefix(line.size());
    return line;
}

bool is_quoted(std::string_view line) {
    const auto mark = line.find_first_not_of('>');
    return mark != std::string_view::npos && line.substr(mark).starts_with(kFrom);
}

}  // namespace

std::string mbox_date(Timestamp time) {
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);
    return fmt::format("{} {} {:2} {:02}:{:02}:{:02} {:04}", kDays.at(std::chrono::weekday(day).c_encoding()),
                       kMonths.at(unsigned{date.month()} - 1), unsigned{date.day()}, clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(),
                       std::clamp<std::int64_t>(int{date.year()}, 0, kLastYear));
}

std::vector<std::byte> to_mbox(std::span<const std::byte> message, Timestamp date) {
    auto text = as_text(message);
    const bool is_terminated = text.ends_with('\n');
    std::vector<std::byte> mbox;
    mbox.reserve(message.size() + message.size() / 64 + 128);
    append(mbox, fmt::format("From {} {}{}\n", envelope_sender(message), mbox_date(date),
                             is_terminated ? "" : kUnterminated));
    while (!text.empty()) {
        const auto line = take_line(text);
        if (is_quoted(line)) append(mbox, ">");
        append(mbox, line);
    }
    append(mbox, is_terminated ? "\n" : "\n\n");
    return mbox;
}

}  // namespace kist::mailbox
