#include "kist/look/path_log.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

namespace kist::look {
namespace {

using repository::Entry;
using repository::NodeId;
using repository::SnapshotNumber;
using test::CatalogFixture;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PathLogTest : public ::testing::Test {
  protected:
    PathLogTest() {
        for (int number = 0; number < 9; ++number) fixture.add_snapshot(source);
        fixture.add_root(source, 1);
    }

    // A file whose inode is that of `file`, in snapshots `first` to `last` (0: still).
    Entry add(NodeId directory, const std::string& name, SnapshotNumber first, SnapshotNumber last,
              const std::string& bytes, std::uint64_t file) {
        auto entry = CatalogFixture::file_entry(source, directory, name, fixture.add_content(bytes), bytes.size());
        entry.identity.inode = file;
        entry.identity.birth_time = Timestamp{std::chrono::seconds{file}};
        return add(entry, first, last);
    }
    Entry add_folder(NodeId directory, const std::string& name, SnapshotNumber first, SnapshotNumber last,
                     NodeId node) {
        auto entry = CatalogFixture::entry(source, directory, name, os::FileType::directory, 0755);
        entry.node = node;
        return add(entry, first, last);
    }
    Entry add(Entry entry, SnapshotNumber first, SnapshotNumber last) {
        entry.first = first;
        if (last != 0) entry.last = last;
        return fixture.add(entry);
    }

    // "PATH SNAPSHOT EVENT what differs, from the name before, to the name after"
    std::vector<std::string> log(const std::string& path, SnapshotNumber until = 9) {
        auto catalog = fixture.repository().open_catalog();
        repository::Timeline timeline(catalog, source);
        std::vector<std::string> lines;
        for (const auto& version : log_of(timeline, path, timeline.position(until))) {
            constexpr std::array kEvents{"appeared", "changed", "gone"};
            auto line = fmt::format("{} {} {}", version.path.substr(3), timeline.snapshots().at(version.first).number,
                                    kEvents.at(static_cast<std::size_t>(version.event)));
            if (version.difference.any()) line += fmt::format(" {}", fmt::join(version.difference.words(), "+"));
            if (version.renamed_from) line += " from " + version.renamed_from->substr(3);
            if (version.renamed_to) line += " to " + version.renamed_to->substr(3);
            lines.push_back(line);
        }
        return lines;
    }

    CatalogFixture fixture;
    repository::Source source = fixture.add_source("/s");
};

TEST_F(PathLogTest, ListsWhatDiffersNewestFirst) {
    add(1, "f", 2, 3, "a", 10);
    add(1, "f", 4, 6, "b", 10);
    auto last = CatalogFixture::file_entry(source, 1, "f", fixture.add_content("b"), 1, 0600);
    last.metadata.mtime += std::chrono::seconds{1};
    add(last, 8, 0);
    EXPECT_THAT(log("/s/f"), ElementsAre("f 8 appeared", "f 7 gone", "f 4 changed content", "f 2 appeared"));
    EXPECT_THAT(log("/s/f", 5), ElementsAre("f 4 changed content", "f 2 appeared"));
    EXPECT_THAT(log("/s/f", 1), IsEmpty());
    EXPECT_THAT(log("/s/g"), IsEmpty());
    EXPECT_THAT(log("/s/f/g"), IsEmpty());
    EXPECT_THAT(log("/other"), IsEmpty());
}

TEST_F(PathLogTest, FollowsARenamedFileBackwardsOnly) {
    add(1, "old", 1, 2, "a", 10);
    add(1, "old", 3, 4, "b", 10);
    add(1, "new", 5, 6, "b", 10);
    add(1, "newest", 7, 0, "b", 10);
    EXPECT_THAT(log("/s/newest"), ElementsAre("newest 7 appeared from new", "new 5 appeared from old",
                                              "old 3 changed content", "old 1 appeared"));
    EXPECT_THAT(log("/s/new"), ElementsAre("new 7 gone to newest", "new 5 appeared from old", "old 3 changed content",
                                           "old 1 appeared"));
    EXPECT_THAT(log("/s/old"), ElementsAre("old 5 gone to new", "old 3 changed content", "old 1 appeared"));
}

TEST_F(PathLogTest, ACopyALinkOrAnotherInodeIsNoRename) {
    add(1, "a", 1, 0, "same", 10);
    add(1, "copy", 2, 0, "same", 11);
    add(1, "link", 3, 0, "same", 10);
    add(1, "moved", 1, 4, "other", 12);
    add(1, "moved too", 1, 4, "other", 12);
    add(1, "one of two", 5, 0, "other", 12);
    auto undated = CatalogFixture::file_entry(source, 1, "undated", fixture.add_content("undated"), 7);
    add(undated, 1, 4);
    undated.name = "undated too";
    add(undated, 5, 0);
    EXPECT_THAT(log("/s/copy"), ElementsAre("copy 2 appeared"));
    EXPECT_THAT(log("/s/link"), ElementsAre("link 3 appeared"));
    EXPECT_THAT(log("/s/one of two"), ElementsAre("one of two 5 appeared"));
    EXPECT_THAT(log("/s/undated too"), ElementsAre("undated too 5 appeared"));
}

TEST_F(PathLogTest, WhatIsMovedOverAnotherFileSaysSo) {
    add(1, "f", 1, 2, "a", 10);
    add(1, "f", 3, 0, "b", 11);
    add(1, "g", 1, 2, "b", 11);
    EXPECT_THAT(log("/s/f"), ElementsAre("f 3 changed content from g", "f 1 appeared", "g 1 appeared"));
}

TEST_F(PathLogTest, SwappedNamesEndTheirFollowing) {
    add(1, "f", 1, 2, "a", 10);
    add(1, "g", 1, 2, "b", 11);
    add(1, "f", 3, 4, "b", 11);
    add(1, "g", 3, 4, "a", 10);
    add(1, "f", 5, 0, "a", 10);
    add(1, "g", 5, 0, "b", 11);
    EXPECT_THAT(log("/s/f"), ElementsAre("f 5 changed content from g", "f 3 changed content from g",
                                         "g 3 changed content from f", "f 1 appeared", "g 1 appeared"));
}

TEST_F(PathLogTest, FollowsRenamedFolders) {
    add_folder(1, "d", 1, 3, 2);
    add_folder(1, "e", 4, 0, 2);
    add_folder(1, "d", 6, 0, 3);
    add(2, "f", 2, 4, "a", 10);
    add(2, "f", 5, 0, "b", 10);
    EXPECT_THAT(log("/s/e"), ElementsAre("e 4 appeared from d", "d 1 appeared"));
    EXPECT_THAT(log("/s/d"), ElementsAre("d 6 appeared", "d 4 gone to e", "d 1 appeared"));
    EXPECT_THAT(log("/s/e/f"), ElementsAre("e/f 5 changed content", "e/f 4 appeared from d/f", "d/f 2 appeared"));
    EXPECT_THAT(log("/s/d/f"), ElementsAre("d/f 4 gone to e/f", "d/f 2 appeared"));
}

TEST_F(PathLogTest, AFileThatBecameAFolderIsNoVersionOfIt) {
    add(1, "x", 1, 2, "a", 10);
    add_folder(1, "x", 3, 0, 2);
    add_folder(1, "y", 1, 2, 2);
    EXPECT_THAT(log("/s/x"), ElementsAre("x 3 changed kind from y", "x 1 appeared", "y 1 appeared"));
}

TEST_F(PathLogTest, ForgottenSnapshotsDoNotBreakAVersion) {
    fixture.database().execute("DELETE FROM snapshot WHERE number IN (4, 5)");
    add(1, "f", 1, 3, "a", 10);
    add(1, "f", 6, 0, "b", 10);
    EXPECT_THAT(log("/s/f"), ElementsAre("f 6 changed content", "f 1 appeared"));
}

TEST_F(PathLogTest, RowsThatContradictEachOtherAreDamage) {
    add(1, "f", 1, 4, "a", 10);
    add(1, "f", 3, 0, "b", 10);
    EXPECT_THROW(log("/s/f"), Error);
}

}  // namespace
}  // namespace kist::look
