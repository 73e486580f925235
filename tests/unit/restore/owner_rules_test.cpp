#include "kist/restore/owner_rules.hpp"

#include "kist/base/error.hpp"

#include "restore/owner_map.hpp"

#include <endian.h>
#include <gtest/gtest.h>

namespace kist::restore {
namespace {

std::string no_name(OwnerKind, std::uint32_t) {
    return "";
}

std::uint32_t mapped(const char* rules, const std::string& name, std::uint32_t number) {
    RestoreOptions options;
    options.users = parse_owner_rules(rules, OwnerKind::user);
    return OwnerMap(options, no_name).user(name, number);
}

void expect_usage(const char* text) {
    try {
        parse_owner_rules(text, OwnerKind::user);
        ADD_FAILURE() << text;
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::usage) << text;
    }
}

TEST(OwnerRules, TheFirstThatFitsCounts) {
    constexpr const char* kRules = "alice:7,10-19:8,b*:9,:6,*:5";
    EXPECT_EQ(mapped(kRules, "alice", 12), 7U);
    EXPECT_EQ(mapped(kRules, "zoe", 10), 8U);
    EXPECT_EQ(mapped(kRules, "zoe", 19), 8U);
    EXPECT_EQ(mapped(kRules, "bob", 20), 9U);
    EXPECT_EQ(mapped(kRules, "", 20), 6U);
    EXPECT_EQ(mapped(kRules, "zoe", 20), 5U);
}

TEST(OwnerRules, WhatNoneFitsGoesByNameAndThenByNumber) {
    EXPECT_EQ(mapped("10:8", "root", 4711), 0U);
    EXPECT_EQ(mapped("10:8", "no-such-user", 4711), 4711U);
    EXPECT_EQ(mapped("10:root", "", 10), 0U);
}

TEST(OwnerRules, RefusesWhatCannotBe) {
    for (const auto* text : {"", "a", "a:", "1-:2", "1-2-3:4", "x:no-such-user", "1:4294967295", "a:1,", "-1:x"})
        expect_usage(text);
}

TEST(OwnerRules, NewOwnersAreForEverything) {
    const auto both = parse_new_owners("5:6");
    EXPECT_TRUE(both.users.at(0).fits("anybody", 1) && both.groups.at(0).fits("", 2));
    EXPECT_EQ(both.users.at(0).to, 5U);
    EXPECT_EQ(both.groups.at(0).to, 6U);
    EXPECT_TRUE(parse_new_owners("5:").groups.empty());
    EXPECT_TRUE(parse_new_owners(":6").users.empty());
    EXPECT_THROW(parse_new_owners(":"), Error);
}

TEST(OwnerMap, MapsTheEntriesOfAnAclAndNothingElse) {
    // Version 2; user::rwx, user:10:rwx, group:10:rwx, and a tail that is no entry.
    const auto entry = [](char tag, char id) { return std::string{tag, 0, 7, 0, id, 0, 0, 0}; };
    const auto acl = [&](char user, char group) {
        return std::string{2, 0, 0, 0} + entry(1, 10) + entry(2, user) + entry(8, group) + "tail";
    };
    RestoreOptions options;
    options.users = parse_owner_rules("10:11", OwnerKind::user);
    options.groups = parse_owner_rules("10:12", OwnerKind::group);
    const os::ExtendedAttributes attributes{{"system.posix_acl_access", acl(10, 10)}, {"user.acl", acl(10, 10)}};
    const os::ExtendedAttributes expected{{"system.posix_acl_access", acl(11, 12)}, {"user.acl", acl(10, 10)}};
    EXPECT_EQ(OwnerMap(options, no_name).attributes(attributes), expected);
}

TEST(OwnerMap, AclsGoByNameWhereTheBackupKnowsOne) {
    const auto acl = [](char id) { return std::string{2, 0, 0, 0, 2, 0, 7, 0, id, 0, 0, 0}; };
    const RestoreOptions options;
    OwnerMap map(options, [](OwnerKind, std::uint32_t number) { return number == 77 ? "root" : ""; });
    const auto mapped = [&](char id) { return map.attributes({{"system.posix_acl_access", acl(id)}}).front().value; };
    EXPECT_EQ(mapped(77), acl(0));
    EXPECT_EQ(mapped(78), acl(78));
}

}  // namespace
}  // namespace kist::restore
