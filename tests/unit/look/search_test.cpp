#include "kist/look/search.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace kist::look {
namespace {

using repository::Entry;
using repository::NodeId;
using repository::SnapshotNumber;
using test::CatalogFixture;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SearchTest : public ::testing::Test {
  protected:
    SearchTest() {
        for (int number = 0; number < 9; ++number) fixture.add_snapshot(source);
        fixture.add_root(source, 1);
    }

    Entry add(Entry entry, SnapshotNumber first, SnapshotNumber last) {
        entry.first = first;
        if (last != 0) entry.last = last;
        return fixture.add(entry);
    }
    Entry add_file(NodeId directory, const std::string& name, SnapshotNumber first, SnapshotNumber last,
                   const std::string& bytes) {
        return add(CatalogFixture::file_entry(source, directory, name, fixture.add_content(bytes), bytes.size()), first,
                   last);
    }
    Entry add_folder(NodeId directory, const std::string& name, SnapshotNumber first, SnapshotNumber last,
                     NodeId node) {
        auto entry = CatalogFixture::entry(source, directory, name, os::FileType::directory, 0755);
        entry.node = node;
        return add(entry, first, last);
    }

    static Wanted named(const std::string& glob) {
        Wanted wanted;
        wanted.globs.emplace_back(glob);
        return wanted;
    }

    // "PATH FIRST..LAST VERSIONS"
    std::vector<std::string> find(const Wanted& wanted) {
        auto catalog = fixture.repository().open_catalog();
        std::vector<std::string> hits;
        search(catalog, catalog.sources(), wanted, [&](const repository::Timeline& timeline, Hit&& hit) {
            hits.push_back(fmt::format("{} {}..{} {}", hit.path, timeline.snapshots().at(hit.span.first).number,
                                       timeline.snapshots().at(hit.span.last).number, hit.versions));
        });
        return hits;
    }

    CatalogFixture fixture;
    repository::Source source = fixture.add_source("/s");
};

TEST_F(SearchTest, JoinsVersionsThatFollowUponEachOther) {
    add_file(1, "f", 1, 2, "a");
    add_file(1, "f", 3, 4, "b");
    add_file(1, "f", 6, 0, "c");
    EXPECT_THAT(find(named("f")), ElementsAre("/s/f 1..4 2", "/s/f 6..9 1"));
    EXPECT_THAT(find(named("/s/*")), ElementsAre("/s/f 1..4 2", "/s/f 6..9 1"));
    EXPECT_THAT(find(named("g")), IsEmpty());
}

TEST_F(SearchTest, AFolderThatWasRenamedGivesItsNamesTwoPaths) {
    add_folder(1, "d", 1, 3, 2);
    add_folder(1, "e", 4, 6, 2);
    add_folder(1, "d", 7, 0, 2);
    add_file(2, "f", 2, 0, "a");
    add_file(2, "g", 5, 5, "a");
    EXPECT_THAT(find(named("f")), ElementsAre("/s/d/f 2..3 1", "/s/d/f 7..9 1", "/s/e/f 4..6 1"));
    EXPECT_THAT(find(named("e/?")), ElementsAre("/s/e/f 4..6 1", "/s/e/g 5..5 1"));
    EXPECT_THAT(find(named("d/")), ElementsAre("/s/d 1..3 1", "/s/d 7..9 1"));
    auto wanted = named("f");
    wanted.in_snapshot = 5;
    EXPECT_THAT(find(wanted), ElementsAre("/s/e/f 4..6 1"));
    wanted = {};
    wanted.changed_in = 2;
    EXPECT_THAT(find(wanted), ElementsAre("/s/d/f 2..3 1"));
}

TEST_F(SearchTest, TwoFoldersThatStoodInEachOtherInTurn) {
    add_folder(1, "a", 1, 4, 2);
    add_folder(2, "b", 1, 4, 3);
    add_folder(1, "b", 5, 0, 3);
    add_folder(3, "a", 5, 0, 2);
    add_file(2, "f", 1, 0, "x");
    EXPECT_THAT(find(named("f")), ElementsAre("/s/a/f 1..4 1", "/s/b/a/f 5..9 1"));
}

TEST_F(SearchTest, PatternsOfPathsAndNames) {
    add_folder(1, "[x]", 1, 0, 2);
    add_file(2, "a.txt", 1, 0, "x");
    add_file(1, "b.txt", 1, 0, "x");
    EXPECT_THAT(find(named("*.txt")), UnorderedElementsAre("/s/[x]/a.txt 1..9 1", "/s/b.txt 1..9 1"));
    EXPECT_THAT(find(named("[[]x]/*")), ElementsAre("/s/[x]/a.txt 1..9 1"));
    EXPECT_THAT(find(named("/s/**.txt")), UnorderedElementsAre("/s/[x]/a.txt 1..9 1", "/s/b.txt 1..9 1"));
    EXPECT_THAT(find(named("/s/**/*.txt")), ElementsAre("/s/[x]/a.txt 1..9 1"));
    EXPECT_THAT(find(named("s")), ElementsAre("/s 1..9 1"));
    Wanted wanted;
    wanted.regex.emplace("x]/");
    EXPECT_THAT(find(wanted), ElementsAre("/s/[x]/a.txt 1..9 1"));
    EXPECT_THROW(PathGlob("[a"), Error);
    EXPECT_THROW(PathRegex("(a"), Error);
}

TEST_F(SearchTest, HitsComeInTheOrderOfTheirPaths) {
    add_folder(1, "b", 1, 0, 2);
    add_folder(1, "a", 1, 0, 3);
    add_folder(2, "inner", 1, 0, 4);
    for (const NodeId folder : {1, 2, 3, 4}) add_file(folder, "f", 1, 0, "x");
    add_file(1, "b!", 1, 0, "x");
    EXPECT_THAT(find(Wanted{}),
                ElementsAre("/s 1..9 1", "/s/a 1..9 1", "/s/a/f 1..9 1", "/s/b 1..9 1", "/s/b! 1..9 1", "/s/b/f 1..9 1",
                            "/s/b/inner 1..9 1", "/s/b/inner/f 1..9 1", "/s/f 1..9 1"));
}

TEST_F(SearchTest, ARegexFindsEveryPathThatAFolderHad) {
    add_folder(1, "old", 1, 4, 2);
    add_folder(1, "new", 5, 0, 2);
    add_folder(2, "below", 1, 0, 3);
    add_file(3, "f", 1, 0, "x");
    add_file(3, "g", 6, 0, "x");
    Wanted wanted;
    wanted.regex.emplace("old/below/.$");
    EXPECT_THAT(find(wanted), ElementsAre("/s/old/below/f 1..4 1"));
    wanted.regex.emplace("^/s/new/.*/[fg]$");
    EXPECT_THAT(find(wanted), ElementsAre("/s/new/below/f 5..9 1", "/s/new/below/g 6..9 1"));
    wanted.regex.emplace("^/s$");
    EXPECT_THAT(find(wanted), ElementsAre("/s 1..9 1"));
}

TEST_F(SearchTest, ARegexOverSoManyPathsThatTheyAreNotKept) {
    // Each folder of the chain has two names, so that the lowest one has had 2^8 paths.
    NodeId above = 1;
    for (NodeId node = 2; node < 10; ++node) {
        add_folder(above, "x", 1, 4, node);
        add_folder(above, "y", 5, 0, node);
        above = node;
    }
    add_file(above, "f", 1, 0, "x");
    Wanted wanted;
    wanted.regex.emplace("y/y/y/y/f");
    EXPECT_THAT(find(wanted), ElementsAre("/s/y/y/y/y/y/y/y/y/f 5..9 1"));
}

TEST_F(SearchTest, ConditionsAreThoseOfOneVersion) {
    add_file(1, "f", 1, 2, "a");
    add_file(1, "f", 3, 4, "abc");
    add_file(1, "f", 5, 0, "ab");
    Wanted wanted;
    wanted.smallest = 2;
    EXPECT_THAT(find(wanted), ElementsAre("/s/f 3..9 2"));
    wanted.largest = 2;
    EXPECT_THAT(find(wanted), ElementsAre("/s/f 5..9 1"));
    wanted = {};
    wanted.types = {os::FileType::directory};
    EXPECT_THAT(find(wanted), ElementsAre("/s 1..9 1"));
    wanted = {};
    wanted.after = CatalogFixture::entry(source, 1, "", os::FileType::regular, 0).metadata.mtime;
    EXPECT_THAT(find(wanted), IsEmpty());
}

TEST_F(SearchTest, ChangedInASnapshotMeansItsContent) {
    add_file(1, "changed", 1, 4, "a");
    add_file(1, "changed", 5, 0, "b");
    add_file(1, "touched", 1, 4, "c");
    add_file(1, "touched", 5, 0, "c");
    add_file(1, "new", 5, 0, "d");
    auto moved = CatalogFixture::file_entry(source, 1, "moved", fixture.add_content("e"), 1);
    moved.identity.birth_time = Timestamp{};
    add(moved, 1, 4);
    moved.name = "moved here";
    add(moved, 5, 0);
    Wanted wanted;
    wanted.changed_in = 5;
    EXPECT_THAT(find(wanted), ElementsAre("/s/changed 5..9 1", "/s/new 5..9 1"));
}

TEST_F(SearchTest, WhatIsDamagedDoesNotHideTheRest) {
    add_file(77, "lost", 1, 0, "a");
    add_file(1, "zzz", 1, 0, "a");
    fixture.database().execute(
        "UPDATE entry SET directory = 1, name = CAST('..' AS BLOB) WHERE name = CAST('lost' AS BLOB)");
    add_file(77, "lost", 1, 0, "a");
    auto catalog = fixture.repository().open_catalog();
    std::vector<std::string> hits;
    EXPECT_THROW(search(catalog, catalog.sources(), Wanted{},
                        [&](const repository::Timeline&, Hit&& hit) { hits.push_back(hit.path); }),
                 Error);
    EXPECT_THAT(hits, UnorderedElementsAre("/s", "/s/zzz"));
}

TEST_F(SearchTest, AFolderInsideItselfIsDamage) {
    add_folder(3, "a", 1, 0, 2);
    add_folder(2, "b", 1, 0, 3);
    add_file(2, "f", 1, 0, "x");
    EXPECT_THROW(find(named("f")), Error);
}

}  // namespace
}  // namespace kist::look
