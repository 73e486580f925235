#include "cli/local_user.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <pwd.h>
#include <unistd.h>

namespace kist::cli {
namespace {

constexpr std::uint32_t kFirstPerson = 1000;
constexpr std::uint32_t kLastPerson = 59999;
constexpr std::size_t kLongestRecord = 1U << 20U;

std::optional<std::uint32_t> parse_uid(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::uint32_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return uid;
}

std::optional<std::uint32_t> login_uid() {
    try {
        return parse_uid(os::read_small_file("/proc/self/loginuid"));
    } catch (const Error&) {  // a kernel without it
        return std::nullopt;
    }
}

std::optional<LocalUser> the_only_person() {
    std::optional<LocalUser> found;
    bool several = false;
    setpwent();
    while (const auto* record = getpwent()) {
        if (!is_person(record->pw_uid)) continue;
        several = several || found.has_value();
        found = LocalUser{record->pw_name, record->pw_uid, record->pw_gid, record->pw_dir};
    }
    endpwent();
    return several ? std::nullopt : found;
}

}  // namespace

bool is_person(std::uint32_t uid) noexcept {
    return uid >= kFirstPerson && uid <= kLastPerson;
}

std::optional<LocalUser> find_local_user(std::uint32_t uid) {
    passwd record{};
    passwd* found = nullptr;
    std::vector<char> room(1024);
    while (getpwuid_r(uid, &record, room.data(), room.size(), &found) == ERANGE && room.size() < kLongestRecord)
        room.resize(room.size() * 4);
    if (found == nullptr) return std::nullopt;
    return LocalUser{found->pw_name, found->pw_uid, found->pw_gid, found->pw_dir};
}

std::optional<LocalUser> present_user() {
    if (getuid() != 0) return find_local_user(getuid());
    for (const auto* variable : {"SUDO_UID", "PKEXEC_UID"}) {
        const auto* const value = std::getenv(variable);
        const auto uid = value != nullptr ? parse_uid(value) : std::nullopt;
        if (uid && *uid != 0) return find_local_user(*uid);
    }
    if (const auto uid = login_uid(); uid && *uid != 0)
        if (auto user = find_local_user(*uid)) return user;
    return the_only_person();
}

}  // namespace kist::cli
