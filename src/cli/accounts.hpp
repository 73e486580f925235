#pragma once
// Users and groups: those of this machine, as its name service knows them, or those of a system that is mounted
// somewhere, as its /etc/passwd and /etc/group have them.

#include "kist/restore/owner_rules.hpp"

#include "cli/local_user.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

class Accounts {
  public:
    Accounts() = default;  // of this machine
    // Of the system at `root`. Errors: where the two files cannot be read.
    explicit Accounts(const std::string& root);

    bool is_of_this_machine() const noexcept { return !users_; }
    // The number that a user or group of this name has.
    std::optional<std::uint32_t> find(const std::string& name, restore::OwnerKind kind) const;
    std::optional<LocalUser> find_user(std::uint32_t uid) const;
    // Whom unclaimed files may be meant for: who sits here, or the only person there.
    std::optional<LocalUser> suggestion() const;
    // Of another system a rule for each name, so that this machine's names are not asked; of this one none.
    restore::OwnerRules rules(restore::OwnerKind kind) const;

  private:
    struct Group {
        std::string name;
        std::uint32_t gid = 0;
    };

    std::optional<std::vector<LocalUser>> users_;  // nullopt: this machine's
    std::vector<Group> groups_;
};

}  // namespace kist::cli
