#include "backup/owner_names.hpp"

#include <cerrno>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace kist::backup {
namespace {

// What a getpwuid_r-like call finds, with as much room as it asks for.
template <typename Record, typename Call>
std::string name_from(Call call, char* Record::*name) {
    std::vector<char> room(1024);
    Record record{};
    Record* found = nullptr;
    while (call(&record, room.data(), room.size(), &found) == ERANGE && room.size() < (1U << 20U))
        room.resize(room.size() * 2);
    return found == nullptr ? std::string() : std::string(found->*name);
}

}  // namespace

std::string OwnerNames::user(std::uint32_t uid) {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] = users_.try_emplace(uid);
    if (is_new)
        at->second = name_from<passwd>([uid](passwd* record, char* room, std::size_t size,
                                             passwd** found) { return getpwuid_r(uid, record, room, size, found); },
                                       &passwd::pw_name);
    return at->second;
}

std::string OwnerNames::group(std::uint32_t gid) {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] = groups_.try_emplace(gid);
    if (is_new)
        at->second = name_from<::group>([gid](::group* record, char* room, std::size_t size,
                                              ::group** found) { return getgrgid_r(gid, record, room, size, found); },
                                        &::group::gr_name);
    return at->second;
}

}  // namespace kist::backup
