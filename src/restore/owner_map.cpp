#include "restore/owner_map.hpp"

#include <cerrno>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace kist::restore {
namespace {

// What getpwnam_r() and getgrnam_r() share: a buffer that grows until the answer fits.
template <typename Record, typename Ask>
Record* ask_growing(Record& record, std::vector<char>& buffer, Ask ask) {
    Record* result = nullptr;
    while (ask(&record, buffer.data(), buffer.size(), &result) == ERANGE && buffer.size() < (1U << 24U))
        buffer.resize(buffer.size() * 4);
    return result;
}

std::optional<std::uint32_t> user_number(const std::string& name) {
    passwd record{};
    std::vector<char> buffer(1024);
    const auto* found =
        ask_growing(record, buffer, [&](auto... arguments) { return getpwnam_r(name.c_str(), arguments...); });
    return found != nullptr ? std::optional(found->pw_uid) : std::nullopt;
}

std::optional<std::uint32_t> group_number(const std::string& name) {
    group record{};
    std::vector<char> buffer(1024);
    const auto* found =
        ask_growing(record, buffer, [&](auto... arguments) { return getgrnam_r(name.c_str(), arguments...); });
    return found != nullptr ? std::optional(found->gr_gid) : std::nullopt;
}

}  // namespace

std::uint32_t OwnerMap::user(const std::string& name, std::uint32_t number) {
    return map(users_, user_number, name, number);
}

std::uint32_t OwnerMap::group(const std::string& name, std::uint32_t number) {
    return map(groups_, group_number, name, number);
}

std::uint32_t OwnerMap::map(Known& known, LookUp look_up, const std::string& name, std::uint32_t number) {
    if (owners_ == Owners::by_number || name.empty()) return number;
    const std::lock_guard lock(mutex_);
    auto found = known.find(name);
    if (found == known.end()) found = known.emplace(name, look_up(name)).first;
    return found->second.value_or(number);
}

}  // namespace kist::restore
