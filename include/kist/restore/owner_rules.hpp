#pragma once
// Who gets what belonged to whom, in the words of rsync's --usermap, --groupmap and --chown (rsync(1)): pairs FROM:TO
// with commas between them, of which the first that fits counts. FROM is a name, a pattern of names (`*`, `?`, `[`), a
// number or a range of numbers (0-99); an empty one stands for numbers without a name. TO is a name of this machine or
// a number. Numbers and names are those of the backup.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::restore {

struct OwnerRule {
    enum class Kind : std::uint8_t { name, pattern, numbers };
    Kind kind = Kind::name;
    std::string name;         // or the pattern
    std::uint32_t first = 0;  // of numbers
    std::uint32_t last = 0;
    std::uint32_t to = 0;

    bool fits(const std::string& its_name, std::uint32_t number) const;
};

using OwnerRules = std::vector<OwnerRule>;

enum class OwnerKind : std::uint8_t { user, group };

// Errors: usage, which says what is wrong with the text.
OwnerRules parse_owner_rules(std::string_view text, OwnerKind kind);

// USER, USER:GROUP, USER: or :GROUP, for everything.
struct NewOwners {
    OwnerRules users;
    OwnerRules groups;
};
NewOwners parse_new_owners(std::string_view text);

// The number that a user or group of that name has on this machine.
std::optional<std::uint32_t> find_owner(const std::string& name, OwnerKind kind);

}  // namespace kist::restore
