#pragma once
// Whose the files of another machine become on this one, or in the system that they are restored into. Names that
// exist there keep what is theirs, whatever their numbers. For each other one somebody has to say: an option, or the
// person at the terminal, who is offered the present user.

#include "kist/repository/snapshot_owners.hpp"
#include "kist/restore/owner_rules.hpp"

#include "cli/accounts.hpp"
#include "cli/command.hpp"

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kist::cli {

class RescueOwners {
  public:
    void declare(Options& options);
    // Reads the options. accounts: of the system that is restored into. Errors: usage.
    void check(Accounts accounts);

    // Finds an owner for everybody in `owners`, asking where that is possible. Errors: usage, which names those for
    // whom there is none and nobody can be asked; interrupted.
    void find_for(Context& context, const repository::SnapshotOwners& owners);

    const restore::OwnerRules& users() const noexcept { return rules_[0]; }
    const restore::OwnerRules& groups() const noexcept { return rules_[1]; }
    // Users by their old names who have become others there.
    std::map<std::string, LocalUser> mapped_users() const;
    // "anna is 1000 in the backup and 1001 here", one for each that is somebody else's number now. Printable.
    const std::vector<std::string>& remarks() const noexcept { return remarks_; }

  private:
    using Shares = std::vector<repository::OwnerShare>;
    void find_for(Context& context, const Shares& shares, restore::OwnerKind kind);
    bool follow_user(const repository::OwnerShare& group);
    void ask(Context& context, const repository::OwnerShare& share, restore::OwnerKind kind);
    restore::OwnerRules& rules(restore::OwnerKind kind);

    Accounts accounts_;
    std::vector<std::string> user_options_;
    std::vector<std::string> group_options_;
    bool keep_numbers_ = false;
    std::array<restore::OwnerRules, 2> rules_;  // by OwnerKind
    std::set<std::string> kept_users_;          // whose numbers are kept
    std::vector<std::string> remarks_;
};

// Those with a name that neither a rule nor the system knows.
std::vector<repository::OwnerShare> owners_without_a_place(const std::vector<repository::OwnerShare>& shares,
                                                           const restore::OwnerRules& rules, restore::OwnerKind kind,
                                                           const Accounts& accounts);

// "old=new" as a rule. Errors: usage.
restore::OwnerRule parse_owner_pair(const std::string& option, const std::string& pair, restore::OwnerKind kind,
                                    const Accounts& accounts);

}  // namespace kist::cli
