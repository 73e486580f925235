#include "cli/daily_traffic.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/repository/host_folder.hpp"

#include "cli/state_folder.hpp"

#include <cerrno>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace kist::cli {
namespace {

constexpr std::size_t kDateLength = 10;  // 2026-11-26
constexpr mode_t kFileMode = 0600;

std::string day_of(Timestamp now) {
    return to_rfc3339(now).substr(0, kDateLength);
}

ByteCount parse(std::string_view text, std::string_view day) {
    ByteCount count;
    if (!text.starts_with(day) || text.size() < kDateLength + 2 || text[kDateLength] != ' ') return count;
    const auto* end = text.data() + text.size();
    return std::from_chars(text.data() + kDateLength + 1, end, count.value).ec == std::errc() ? count : ByteCount{};
}

}  // namespace

DailyTraffic::DailyTraffic(const std::string& account)
    : folder_(state_folder("mail")), path_(fmt::format("{}/{}", folder_, repository::mirror_host_folder(account))) {}

ByteCount DailyTraffic::of_day(Timestamp now) const {
    try {
        return parse(os::read_small_file(path_), day_of(now));
    } catch (const Error& error) {
        if (error.error_number() != ENOENT && error.error_number() != ENOTDIR) throw;
        return {};
    }
}

void DailyTraffic::add(Timestamp now, ByteCount fetched) const {
    make_state_folder(folder_);
    os::replace_small_file(path_, fmt::format("{} {}\n", day_of(now), (of_day(now) + fetched).value), kFileMode);
}

}  // namespace kist::cli
