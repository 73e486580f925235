#include "cli/duration.hpp"

#include <cstdint>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace kist::cli {

std::string to_text(std::chrono::duration<double> span) {
    if (span.count() < 9.95) return fmt::format("{:.1f} s", span.count() < 0 ? 0 : span.count());
    const auto seconds = static_cast<std::int64_t>(span.count() + 0.5);
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

std::string age_text(std::chrono::nanoseconds age) {
    const auto count = [](std::int64_t n, const char* unit) {
        return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s");
    };
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
    if (minutes < 1) return "just now";
    if (minutes < 60) return count(minutes, "minute");
    if (minutes < 48 * 60) return count(minutes / 60, "hour");
    return count(minutes / (24 * 60), "day");
}

std::string local_time(Timestamp time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    const auto value = static_cast<std::time_t>(seconds);
    std::tm parts{};
    if (localtime_r(&value, &parts) == nullptr) return to_rfc3339(time);
    return fmt::format("{:%Y-%m-%d %H:%M}", parts);
}

}  // namespace kist::cli
