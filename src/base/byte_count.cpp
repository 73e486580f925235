#include "kist/base/byte_count.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace kist {
namespace {

std::optional<double> factor(std::string_view unit) {
    constexpr std::string_view kPrefixes = "KMGTP";
    if (unit.empty() || unit == "B" || unit == "b") return 1.0;
    const auto power = kPrefixes.find(static_cast<char>(std::toupper(static_cast<unsigned char>(unit.front()))));
    if (power == std::string_view::npos) return std::nullopt;
    const auto suffix = unit.substr(1);
    const bool decimal = suffix == "B" || suffix == "b";
    if (!decimal && !suffix.empty() && suffix != "iB" && suffix != "ib") return std::nullopt;
    return std::pow(decimal ? 1000.0 : 1024.0, static_cast<double>(power + 1));
}

}  // namespace

std::string to_string(ByteCount count) {
    constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto scaled = static_cast<double>(count.value);
    std::size_t unit = 0;
    while (scaled >= 999.5 && unit + 1 < kUnits.size()) {
        scaled /= 1024;
        ++unit;
    }
    if (unit == 0) return fmt::format("{} B", count.value);
    if (scaled < 9.995) return fmt::format("{:.2f} {}", scaled, kUnits[unit]);
    if (scaled < 99.95) return fmt::format("{:.1f} {}", scaled, kUnits[unit]);
    return fmt::format("{:.0f} {}", scaled, kUnits[unit]);
}

std::optional<ByteCount> parse_byte_count(std::string_view text) {
    double number = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
    std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    if (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    const auto scale = factor(unit);
    if (!scale) return std::nullopt;
    const double bytes = number * *scale;
    constexpr double kLimit = 18446744073709551616.0;  // 2^64
    if (bytes >= kLimit) return std::nullopt;
    return ByteCount{static_cast<std::uint64_t>(bytes)};
}

}  // namespace kist
