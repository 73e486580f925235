#include "kist/restore/owner_rules.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fmt/format.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>

namespace kist::restore {
namespace {

constexpr std::uint32_t kMostNumber = 0xfffffffe;  // the next one means "unchanged" to chown(2)
constexpr const char* kHint = "Like alice:bob,1000-1999:carol,*:nobody; `man kist` has more.";

const char* word_of(OwnerKind kind) {
    return kind == OwnerKind::user ? "user" : "group";
}

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
    throw Error(ErrorCode::usage, fmt::format("{}: {}", os::printable(text), reason), kHint);
}

// What getpwnam_r() and getgrnam_r() share: a buffer that grows until the answer fits.
template <typename Record, typename Ask>
Record* ask_growing(Record& record, std::vector<char>& buffer, Ask ask) {
    Record* result = nullptr;
    while (ask(&record, buffer.data(), buffer.size(), &result) == ERANGE && buffer.size() < (1U << 24U))
        buffer.resize(buffer.size() * 4);
    return result;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

std::uint32_t parse_number(std::string_view text, std::string_view whole) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > kMostNumber)
        refuse(whole, fmt::format("\"{}\" is no number of a user or group", os::printable(text)));
    return number;
}

std::uint32_t parse_new_owner(std::string_view text, OwnerKind kind, std::string_view whole) {
    if (is_number(text)) return parse_number(text, whole);
    const auto number = find_owner(std::string(text), kind);
    if (!number) refuse(whole, fmt::format("this machine has no {} {}", word_of(kind), os::printable(text)));
    return *number;
}

OwnerRule parse_rule(std::string_view pair, OwnerKind kind, std::string_view whole) {
    const auto colon = pair.find(':');
    if (colon == std::string_view::npos) refuse(whole, "there is no colon in " + os::printable(pair));
    const auto from = pair.substr(0, colon);
    const auto to = pair.substr(colon + 1);
    if (to.empty()) refuse(whole, "nothing follows the colon in " + os::printable(pair));
    OwnerRule rule;
    rule.name = from;
    rule.to = parse_new_owner(to, kind, whole);
    if (is_number(from)) {
        const auto dash = from.find('-');
        rule.kind = OwnerRule::Kind::numbers;
        rule.first = parse_number(from.substr(0, dash), whole);
        rule.last = dash == std::string_view::npos ? rule.first : parse_number(from.substr(dash + 1), whole);
    } else if (from.find_first_of("*?[") != std::string_view::npos) {
        rule.kind = OwnerRule::Kind::pattern;
    }
    return rule;
}

OwnerRules for_everything(std::string_view to, OwnerKind kind, std::string_view whole) {
    OwnerRule rule;
    rule.kind = OwnerRule::Kind::pattern;
    rule.name = "*";
    rule.to = parse_new_owner(to, kind, whole);
    return {rule};
}

}  // namespace

bool OwnerRule::fits(const std::string& its_name, std::uint32_t number) const {
    switch (kind) {
        case Kind::name:
            return name == its_name;
        case Kind::pattern:
            return fnmatch(name.c_str(), its_name.c_str(), 0) == 0;
        case Kind::numbers:
            return number >= first && number <= last;
    }
    return false;
}

OwnerRules parse_owner_rules(std::string_view text, OwnerKind kind) {
    OwnerRules rules;
    for (auto rest = text;;) {
        const auto comma = rest.find(',');
        rules.push_back(parse_rule(rest.substr(0, comma), kind, text));
        if (comma == std::string_view::npos) return rules;
        rest.remove_prefix(comma + 1);
    }
}

NewOwners parse_new_owners(std::string_view text) {
    const auto colon = text.find(':');
    const auto user = text.substr(0, colon);
    const auto group = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    if (user.empty() && group.empty()) refuse(text, "neither a user nor a group");
    NewOwners owners;
    if (!user.empty()) owners.users = for_everything(user, OwnerKind::user, text);
    if (!group.empty()) owners.groups = for_everything(group, OwnerKind::group, text);
    return owners;
}

std::optional<std::uint32_t> find_owner(const std::string& name, OwnerKind kind) {
    std::vector<char> buffer(1024);
    if (kind == OwnerKind::user) {
        passwd record{};
        const auto* found =
            ask_growing(record, buffer, [&](auto... arguments) { return getpwnam_r(name.c_str(), arguments...); });
        return found != nullptr ? std::optional(found->pw_uid) : std::nullopt;
    }
    group record{};
    const auto* found =
        ask_growing(record, buffer, [&](auto... arguments) { return getgrnam_r(name.c_str(), arguments...); });
    return found != nullptr ? std::optional(found->gr_gid) : std::nullopt;
}

}  // namespace kist::restore
