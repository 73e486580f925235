#include "kist/look/tree_difference.hpp"

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

class TreeDifferenceTest : public ::testing::Test {
  protected:
    TreeDifferenceTest() { fixture.add_root(source, 1); }

    Entry add(Entry entry, SnapshotNumber first, SnapshotNumber last) {
        entry.first = first;
        if (last != 0) entry.last = last;
        return fixture.add(entry);
    }
    Entry add_file(NodeId directory, const std::string& name, SnapshotNumber first, SnapshotNumber last,
                   const std::string& bytes, std::uint64_t inode = 0) {
        auto entry = CatalogFixture::file_entry(source, directory, name, fixture.add_content(bytes), bytes.size());
        entry.identity.inode = inode;
        if (inode != 0) entry.identity.birth_time = Timestamp{};
        return add(entry, first, last);
    }
    Entry add_folder(NodeId directory, const std::string& name, SnapshotNumber first, SnapshotNumber last,
                     NodeId node) {
        auto entry = CatalogFixture::entry(source, directory, name, os::FileType::directory, 0755);
        entry.node = node;
        return add(entry, first, last);
    }

    // "CHANGE PATH what differs, from the path before"
    std::vector<std::string> diff(const std::string& path = "/s", const std::string& other_path = "") {
        auto catalog = fixture.repository().open_catalog();
        const std::atomic<bool> interrupted = false;
        std::vector<std::string> lines;
        const auto result = compare(catalog, TreeChoice{source, older, path},
                                    TreeChoice{source, newer, other_path.empty() ? path : other_path}, interrupted);
        for (const auto& difference : result.differences) {
            constexpr std::array kChanges{"added", "removed", "changed", "renamed"};
            auto line = fmt::format("{} {}", kChanges.at(static_cast<std::size_t>(difference.change)),
                                    difference.path().substr(2));
            if (difference.what.any()) line += fmt::format(" {}", fmt::join(difference.what.words(), "+"));
            if (!difference.path_before.empty() && difference.path_before != difference.path())
                line += " from " + difference.path_before.substr(2);
            lines.push_back(line);
        }
        return lines;
    }

    CatalogFixture fixture;
    repository::Source source = fixture.add_source("/s");
    repository::Snapshot older = fixture.add_snapshot(source);
    repository::Snapshot newer = fixture.add_snapshot(source);
};

TEST_F(TreeDifferenceTest, ComparesNamesWithNames) {
    add_file(1, "same", 1, 0, "a");
    add_file(1, "content", 1, 1, "a");
    add_file(1, "content", 2, 0, "b");
    add_file(1, "gone", 1, 1, "a");
    add_file(1, "new", 2, 0, "a");
    auto mode = CatalogFixture::file_entry(source, 1, "mode", fixture.add_content("c"), 1, 0600);
    add(mode, 1, 1);
    mode.metadata.mode = 0644;
    add(mode, 2, 0);
    EXPECT_THAT(diff(), ElementsAre("changed /content content", "removed /gone", "changed /mode mode", "added /new"));
}

TEST_F(TreeDifferenceTest, RenamedFoldersAreComparedWithWhatTheyWere) {
    add_folder(1, "old", 1, 1, 2);
    add_folder(1, "new", 2, 0, 2);
    add_file(2, "same", 1, 0, "a");
    add_file(2, "changed", 1, 1, "a");
    add_file(2, "changed", 2, 0, "b");
    add_file(2, "gone", 1, 1, "a");
    EXPECT_THAT(diff(), ElementsAre("renamed /new from /old", "changed /new/changed content from /old/changed",
                                    "removed /old/gone"));
}

TEST_F(TreeDifferenceTest, AFolderThatTookAnothersPlace) {
    add_folder(1, "a", 1, 1, 2);
    add_folder(1, "b", 1, 1, 3);
    add_folder(1, "a", 2, 0, 3);
    add_file(2, "f", 1, 1, "x");
    add_file(3, "g", 1, 0, "x");
    EXPECT_THAT(diff(), ElementsAre("removed /a", "renamed /a from /b", "removed /a/f"));
}

TEST_F(TreeDifferenceTest, AFolderMadeAnewIsComparedByName) {
    add_folder(1, "d", 1, 1, 2);
    add_folder(1, "d", 2, 0, 3);
    add_file(2, "f", 1, 1, "x");
    add_file(3, "f", 2, 0, "x");
    add_file(2, "g", 1, 1, "x");
    EXPECT_THAT(diff(), ElementsAre("removed /d/g"));
}

TEST_F(TreeDifferenceTest, RenamedFilesAreKnownByInodeAndContent) {
    add_file(1, "a", 1, 1, "x", 10);
    add_file(1, "b", 2, 0, "x", 10);
    add_file(1, "c", 1, 1, "y", 11);
    add_file(1, "d", 2, 0, "y", 12);
    EXPECT_THAT(diff(), ElementsAre("renamed /b from /a", "removed /c", "added /d"));
}

TEST_F(TreeDifferenceTest, AnotherKindIsAnotherThing) {
    add_file(1, "x", 1, 1, "a");
    add_folder(1, "x", 2, 0, 2);
    add_file(2, "f", 2, 0, "a");
    EXPECT_THAT(diff(), ElementsAre("removed /x", "added /x", "added /x/f"));
}

TEST_F(TreeDifferenceTest, PartsAndDifferentPaths) {
    add_folder(1, "a", 1, 0, 2);
    add_folder(1, "b", 1, 0, 3);
    add_file(2, "f", 1, 1, "x");
    add_file(2, "f", 2, 0, "y");
    add_file(3, "f", 1, 0, "x");
    EXPECT_THAT(diff("/s/b"), IsEmpty());
    EXPECT_THAT(diff("/s/a"), ElementsAre("changed /a/f content"));
    EXPECT_THAT(diff("/s/a", "/s/b"), IsEmpty());
    EXPECT_THAT(diff("/s/b", "/s/a"), ElementsAre("changed /a/f content from /b/f"));
    EXPECT_THAT(diff("/s/a/f", "/s/b"), ElementsAre("removed /a/f", "added /b", "added /b/f"));
    EXPECT_THROW(diff("/s/c"), Error);
}

TEST_F(TreeDifferenceTest, AFolderInsideItselfIsDamage) {
    add_folder(1, "a", 2, 0, 2);
    add_folder(2, "b", 2, 0, 3);
    add_folder(3, "c", 2, 0, 2);
    EXPECT_THROW(diff(), Error);
}

}  // namespace
}  // namespace kist::look
