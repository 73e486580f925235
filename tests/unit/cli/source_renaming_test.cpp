#include "cli/source_renaming.hpp"

#include "kist/base/error.hpp"

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<repository::Source> kSources{
    {1, "here", "/home/a", "docs"},  {2, "here", "/home/b", "docs"}, {3, "here", "/home/c", ""},
    {4, "there", "/home/a", "docs"}, {5, "there", "/srv", "data"},   {6, "yonder", "/srv", "data"},
};

std::vector<repository::SourceId> ids(const SourceRenaming& renaming) {
    std::vector<repository::SourceId> found;
    for (const auto& source : sources_to_rename(renaming, kSources)) found.push_back(source.id);
    return found;
}

Error refusal(const SourceRenaming& renaming) {
    try {
        sources_to_rename(renaming, kSources);
    } catch (const Error& error) {
        return error;
    }
    return {ErrorCode::failed, "not refused"};
}

SourceRenaming renaming(const std::string& old_name, const std::string& new_name, const std::string& host = "") {
    return {old_name, new_name, host, "here"};
}

TEST(SourceRenaming, ANameMeansAllPathsThatHaveItOnThisMachine) {
    EXPECT_THAT(ids(renaming("docs", "papers")), ElementsAre(1, 2));
    EXPECT_THAT(ids(renaming("docs", "papers", "there")), ElementsAre(4));
    EXPECT_THAT(ids(renaming("docs", "")), ElementsAre(1, 2));
}

TEST(SourceRenaming, APathMeansOneSource) {
    EXPECT_THAT(ids(renaming("/home/b", "papers")), ElementsAre(2));
    EXPECT_THAT(ids(renaming("/home/c", "papers")), ElementsAre(3));
}

TEST(SourceRenaming, WhatThisMachineHasNotIsAnotherOnesUnlessThereAreSeveral) {
    EXPECT_THAT(ids(renaming("data", "papers", "yonder")), ElementsAre(6));
    const auto error = refusal(renaming("data", "papers"));
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_THAT(error.message(), HasSubstr("there:/srv, yonder:/srv"));
}

TEST(SourceRenaming, ATakenNameIsRefusedOnItsHostOnly) {
    const auto error = refusal(renaming("/home/c", "docs"));
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_THAT(error.message(), HasSubstr("docs is the name of /home/a"));
    EXPECT_THAT(ids(renaming("/home/c", "data")), ElementsAre(3));
    auto joining = renaming("/home/c", "docs");
    joining.joining = Joining::allow;
    EXPECT_THAT(ids(joining), ElementsAre(3));
    EXPECT_THAT(ids(renaming("docs", "docs")), ElementsAre(1, 2)) << "their own";
}

TEST(SourceRenaming, NumbersAndDatesAreNoNames) {
    for (const auto* name : {"12", "2026-11-20", "yesterday", "latest", "3 days ago", "a/b", "-a"})
        EXPECT_EQ(refusal(renaming("docs", name)).code(), ErrorCode::usage) << name;
}

TEST(SourceRenaming, WhatIsNotThereIsSaidWithTheNearestName) {
    const auto error = refusal(renaming("dosc", "papers"));
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.hint(), HasSubstr("docs"));
    EXPECT_EQ(refusal(renaming("", "papers")).code(), ErrorCode::not_found) << "not all that have no name";
    EXPECT_EQ(refusal(renaming("docs", "papers", "nowhere")).code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace kist::cli
