#pragma once
// Users of this machine.

#include <cstdint>
#include <optional>
#include <string>

namespace kist::cli {

struct LocalUser {
    std::string name;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string home{};
};

// Not the system's own, as Debian's adduser counts.
bool is_person(std::uint32_t uid) noexcept;

std::optional<LocalUser> find_local_user(std::uint32_t uid);

// Who sits here: who called sudo or pkexec, who logged in before becoming root, or else the machine's only person. What
// the environment says of that is believed, so it is for suggestions only. nullopt: nobody knows.
std::optional<LocalUser> present_user();

}  // namespace kist::cli
