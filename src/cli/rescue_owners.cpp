#include "cli/rescue_owners.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include "cli/local_user.hpp"
#include "cli/prompt.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace kist::cli {
namespace {

using repository::OwnerShare;
using restore::OwnerKind;
using restore::OwnerRule;
using restore::OwnerRules;

constexpr int kTries = 3;
constexpr const char* kKeepNumber = "-";

const char* word_of(OwnerKind kind) {
    return kind == OwnerKind::user ? "user" : "group";
}

bool has_rule(const OwnerRules& rules, const OwnerShare& share) {
    return std::ranges::any_of(rules, [&](const auto& rule) { return rule.fits(share.name, share.number); });
}

OwnerRule rule_for(const std::string& name, std::uint32_t to) {
    OwnerRule rule;
    rule.name = name;
    rule.to = to;
    return rule;
}

// What is offered: the present user, or that user's own group.
std::string suggestion(OwnerKind kind, const Accounts& accounts) {
    const auto user = accounts.suggestion();
    if (!user) return "";
    return kind == OwnerKind::user ? user->name : std::to_string(user->gid);
}

std::string text_of(const OwnerShare& share) {
    return fmt::format("{} ({}, {} entries)", os::printable(share.name), share.number, share.entries);
}

Error nobody_to_ask(const std::vector<OwnerShare>& missing, OwnerKind kind) {
    std::string names;
    for (const auto& share : missing) names += (names.empty() ? "" : ", ") + text_of(share);
    const auto option = kind == OwnerKind::user ? "--map-user" : "--map-group";
    return {ErrorCode::usage,
            fmt::format("there {} no {} here for the files of {}", missing.size() == 1 ? "is" : "are", word_of(kind),
                        names),
            fmt::format("Give {} {}=NAME for each, or --keep-numbers.", option, os::printable(missing.front().name))};
}

}  // namespace

OwnerRule parse_owner_pair(const std::string& option, const std::string& pair, OwnerKind kind,
                           const Accounts& accounts) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size() ||
        pair.find_first_of(",:") != std::string::npos)
        throw Error(ErrorCode::usage, fmt::format("{} {}: no pair of owners", option, os::printable(pair)),
                    "Like anna=paul: the name in the backup, and one of this machine.");
    auto to = pair.substr(equals + 1);
    if (const auto number = accounts.find(to, kind))
        to = std::to_string(*number);
    else if (!accounts.is_of_this_machine() && to.find_first_not_of("0123456789") != std::string::npos)
        throw Error(ErrorCode::usage, fmt::format("{} {}: the system there has no {} {}", option, os::printable(pair),
                                                  word_of(kind), os::printable(to)));
    return restore::parse_owner_rules(fmt::format("{}:{}", pair.substr(0, equals), to), kind).front();
}

std::vector<OwnerShare> owners_without_a_place(const std::vector<OwnerShare>& shares, const OwnerRules& rules,
                                               OwnerKind kind, const Accounts& accounts) {
    std::vector<OwnerShare> missing;
    for (const auto& share : shares) {
        if (share.name.empty() || has_rule(rules, share) || accounts.find(share.name, kind)) continue;
        // One name may have had several numbers.
        if (!missing.empty() && missing.back().name == share.name)
            missing.back().entries += share.entries;
        else
            missing.push_back(share);
    }
    return missing;
}

void RescueOwners::declare(Options& options) {
    options.texts("--map-user", "OLD=NEW", user_options_,
                  "Give what belonged to user OLD to NEW of this machine (may be repeated)");
    options.texts("--map-group", "OLD=NEW", group_options_, "The same for groups");
    options.flag("--keep-numbers", keep_numbers_, "Owners that do not exist here keep their numbers");
}

void RescueOwners::check(Accounts accounts) {
    accounts_ = std::move(accounts);
    for (const auto& pair : user_options_)
        rules(OwnerKind::user).push_back(parse_owner_pair("--map-user", pair, OwnerKind::user, accounts_));
    for (const auto& pair : group_options_)
        rules(OwnerKind::group).push_back(parse_owner_pair("--map-group", pair, OwnerKind::group, accounts_));
}

OwnerRules& RescueOwners::rules(OwnerKind kind) {
    return rules_.at(static_cast<std::size_t>(kind));
}

void RescueOwners::find_for(Context& context, const repository::SnapshotOwners& owners) {
    if (geteuid() != 0) {
        remarks_.emplace_back("Only root can give files to their owners: all will be yours.");
        return;
    }
    find_for(context, owners.users, OwnerKind::user);
    find_for(context, owners.groups, OwnerKind::group);
    for (const auto kind : {OwnerKind::user, OwnerKind::group})
        for (auto& rule : accounts_.rules(kind)) rules(kind).push_back(std::move(rule));
}

void RescueOwners::find_for(Context& context, const Shares& shares, OwnerKind kind) {
    for (const auto& share : shares) {
        const auto here = accounts_.find(share.name, kind);
        if (!share.name.empty() && here && *here != share.number && !has_rule(rules(kind), share))
            remarks_.push_back(fmt::format("The {} {} is {} in the backup and {} here: the name counts.", word_of(kind),
                                           os::printable(share.name), share.number, *here));
    }
    auto missing = owners_without_a_place(shares, rules(kind), kind, accounts_);
    if (kind == OwnerKind::group) std::erase_if(missing, [&](const auto& group) { return follow_user(group); });
    if (keep_numbers_) {
        for (const auto& share : missing)
            remarks_.push_back(fmt::format("The {} {} does not exist here: number {} is kept.", word_of(kind),
                                           os::printable(share.name), share.number));
        return;
    }
    if (!missing.empty() && !can_ask()) throw nobody_to_ask(missing, kind);
    for (const auto& share : missing) ask(context, share, kind);
}

std::map<std::string, LocalUser> RescueOwners::mapped_users() const {
    std::map<std::string, LocalUser> mapped;
    for (const auto& rule : users()) {
        if (rule.kind != OwnerRule::Kind::name || kept_users_.contains(rule.name)) continue;
        if (const auto user = accounts_.find_user(rule.to); user && user->name != rule.name)
            mapped.try_emplace(rule.name, *user);
    }
    return mapped;
}

// A group that is called as a user whose things go to another one is that user's own.
bool RescueOwners::follow_user(const OwnerShare& group) {
    const auto& users = rules(OwnerKind::user);
    const auto rule = std::ranges::find_if(
        users, [&](const auto& its) { return its.kind == OwnerRule::Kind::name && its.name == group.name; });
    const bool is_mapped = rule != users.end() && !kept_users_.contains(group.name);
    const auto user = is_mapped ? accounts_.find_user(rule->to) : std::nullopt;
    if (!user) return false;
    rules(OwnerKind::group).push_back(rule_for(group.name, user->gid));
    return true;
}

void RescueOwners::ask(Context& context, const OwnerShare& share, OwnerKind kind) {
    const auto offered = suggestion(kind, accounts_);
    const auto question = fmt::format("{} is no {} here. Whose shall this be? A {}, or {} to keep the number{}",
                                      text_of(share), word_of(kind), word_of(kind), kKeepNumber,
                                      offered.empty() ? "" : fmt::format(" [{}]", os::printable(offered)));
    for (int left = kTries; left > 0; --left) {
        auto answer = ask_line(question);
        if (answer == kKeepNumber) {
            if (kind == OwnerKind::user) kept_users_.insert(share.name);
            return rules(kind).push_back(rule_for(share.name, share.number));
        }
        if (answer.empty()) answer = offered;
        try {
            return rules(kind).push_back(parse_owner_pair("the answer", share.name + "=" + answer, kind, accounts_));
        } catch (const Error& error) {
            context.console.error(error.message());
        }
    }
    throw Error(ErrorCode::usage, fmt::format("no {} was named for the files of {}", word_of(kind), text_of(share)),
                "Nothing was restored.");
}

}  // namespace kist::cli
