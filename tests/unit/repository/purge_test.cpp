#include "kist/repository/purge.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <gmock/gmock.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PurgeTest : public ::testing::Test {
  protected:
    PurgeTest() {
        for (int n = 0; n < 5; ++n) fixture.add_snapshot(source);
        fixture.add_root(source, 1);
    }

    // A folder under `parent` from one snapshot to another (0: still).
    void add_folder(NodeId parent, const char* name, NodeId node, SnapshotNumber first, SnapshotNumber last) {
        auto row = fixture.entry(source, parent, name, os::FileType::directory, 0755);
        row.node = node;
        add(row, first, last);
    }
    void add_file(NodeId parent, const char* name, const char* bytes, SnapshotNumber first, SnapshotNumber last) {
        const auto content = fixture.add_content(bytes);
        fixture.place_in_pack(content, bytes);
        add(fixture.file_entry(source, parent, name, content, std::string_view(bytes).size()), first, last);
    }
    void add(Entry row, SnapshotNumber first, SnapshotNumber last) {
        row.first = first;
        if (last != 0) row.last = last;
        fixture.add(row);
    }

    PurgeResult purge(const char* pattern) {
        fixture.database().execute(
            "UPDATE snapshot SET entries = (SELECT count(*) FROM entry e WHERE e.first <= number AND (e.last IS NULL "
            "OR "
            "e.last >= number)), files = (SELECT count(*) FROM entry e WHERE type = 0 AND e.first <= number AND "
            "(e.last "
            "IS NULL OR e.last >= number))");
        return repository::purge(fixture.repository(), {*PathPattern::parse(pattern), {source.id}});
    }

    // As "1-3", in the rows' order.
    std::vector<std::string> rows(const char* name) {
        std::vector<std::string> found;
        auto query = fixture.database().prepare(
            "SELECT first || '-' || ifnull(last, '') FROM entry WHERE name = ? ORDER BY first");
        query.bind_blob(1, std::string_view(name));
        while (query.step()) found.emplace_back(query.text(0));
        return found;
    }
    std::vector<std::int64_t> counts(const char* column) {
        std::vector<std::int64_t> found;
        auto query = fixture.database().prepare(std::string("SELECT ") + column + " FROM snapshot ORDER BY number");
        while (query.step()) found.push_back(query.integer(0));
        return found;
    }

    CatalogFixture fixture;
    Source source = fixture.add_source("/home/user");
};

TEST_F(PurgeTest, ARowIsTakenOnlyFromTheSnapshotsWhereThePathIsMatched) {
    add_folder(1, "a", 2, 1, 1);  // renamed to b, and to c, and back
    add_folder(1, "b", 2, 2, 3);
    add_folder(1, "c", 2, 4, 4);
    add_folder(1, "a", 2, 5, 0);
    add_file(2, "file", "content", 1, 0);
    const auto result = purge("/home/user/b/file");
    EXPECT_EQ(result.path_count, 1U);
    EXPECT_EQ(result.snapshots, 2U);
    EXPECT_EQ(result.contents, 0U);
    EXPECT_THAT(rows("file"), ElementsAre("1-1", "4-"));
    EXPECT_THAT(counts("entries"), ElementsAre(3, 2, 2, 3, 3));
    EXPECT_THAT(counts("files"), ElementsAre(1, 0, 0, 1, 1));
    purge("c/file");
    EXPECT_THAT(rows("file"), ElementsAre("1-1", "5-"));
    EXPECT_THAT(fixture.repository().open_catalog().inconsistencies(), IsEmpty());
}

TEST_F(PurgeTest, WhatIsBelowGoesToo) {
    add_folder(1, "folder", 2, 2, 3);
    add_folder(2, "below", 3, 2, 3);
    add_file(3, "one", "first", 2, 2);
    add_file(3, "two", "second", 3, 3);
    add_file(1, "other", "third", 1, 3);
    const auto result = purge("folder/");
    EXPECT_EQ(result.entries, 4U);
    EXPECT_EQ(result.contents, 2U);
    EXPECT_EQ(result.paths.front().path, "/home/user/folder");
    EXPECT_THAT(rows("below"), IsEmpty());
    EXPECT_THAT(rows("other"), ElementsAre("1-3"));
}

TEST_F(PurgeTest, ForgottenSnapshotsBetweenAreNoObstacle) {
    add_folder(1, "a", 2, 1, 2);
    add_folder(1, "b", 2, 4, 0);
    add_file(2, "file", "content", 1, 0);
    fixture.database().execute("DELETE FROM snapshot WHERE number = 3");
    purge("/home/user/a/*");
    EXPECT_THAT(rows("file"), ElementsAre("4-"));
}

TEST_F(PurgeTest, WhatTheNewestHoldsIsRefusedAndNothingChanges) {
    add_file(1, "old", "first", 1, 3);
    add_file(1, "current", "second", 2, 0);
    for (const auto* pattern : {"/home/user/*", "**", "current", "user/", "/home/", "/*"}) {
        try {
            purge(pattern);
            ADD_FAILURE() << pattern;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::usage);
            EXPECT_THAT(error.message(), HasSubstr("/home/user"));
        }
    }
    EXPECT_THAT(rows("old"), ElementsAre("1-3"));
    EXPECT_EQ(purge("/home/user/missing").path_count, 0U);
}

TEST_F(PurgeTest, AFolderInsideItselfIsDamageAndHasAnEnd) {
    add_folder(1, "a", 2, 1, 3);
    add_folder(2, "b", 3, 1, 3);
    add_folder(3, "a", 2, 1, 3);
    add_folder(3, "c", 2, 1, 3);
    try {
        purge("nothing");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
    }
}

}  // namespace
}  // namespace kist::repository
