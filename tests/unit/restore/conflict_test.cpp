// What a restore does about what is there already, and what is chosen of a snapshot.
#include "kist/base/error.hpp"
#include "kist/restore/restore.hpp"

#include "catalog_fixture.hpp"

#include <algorithm>
#include <map>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace kist::restore {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Conflict : public ::testing::Test {
  protected:
    Conflict() {
        fixture.add_root(source, 1);
        fixture.add_directory(source, 1, "d", 2);
        fixture.add_file(source, 1, "a", "aaaa");
        fixture.add_file(source, 2, "b", "bbbb");
        wanted.snapshot = snapshot;
        wanted.path = "/s";
        wanted.target = out;
    }

    RestoreSummary restored() { return restore(fixture.repository(), wanted); }
    std::map<std::string, Action> rehearsed() {
        std::map<std::string, Action> actions;
        rehearse(fixture.repository(), wanted, [&](const Step& step) { actions[step.path] = step.action; });
        return actions;
    }
    ErrorCode code_of_error() {
        try {
            restored();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorCode::failed;
    }
    std::vector<std::string> names(const std::string& path = "") const {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(out + path))
            found.push_back(fs::relative(entry.path(), out));
        std::ranges::sort(found);
        return found;
    }
    std::string text(const std::string& name) const { return test::read_file(out + "/" + name); }
    void put(const std::string& name, const std::string& bytes) const {
        fs::create_directories(fs::path(out + "/" + name).parent_path());
        test::write_file(out + "/" + name, bytes);
    }
    void set_time(const std::string& name, std::int64_t seconds) const {
        const timespec times[2]{{seconds, 0}, {seconds, 0}};
        ASSERT_EQ(utimensat(AT_FDCWD, (out + "/" + name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
    }

    test::CatalogFixture fixture;
    repository::Source source = fixture.add_source("/s");
    repository::Snapshot snapshot = fixture.add_snapshot(source);
    const test::TemporaryDirectory scratch;
    const std::string out = scratch / "out";
    RestoreOptions wanted;
};

TEST_F(Conflict, ASecondRestoreFindsEverythingInPlace) {
    restored();
    const auto inode = os::Directory::open(out).status("a").inode;
    const auto summary = restored();
    EXPECT_EQ(summary.unchanged, 2U);
    EXPECT_EQ(summary.files, 0U);
    EXPECT_EQ(os::Directory::open(out).status("a").inode, inode);
    for (const auto& [path, action] : rehearsed()) EXPECT_EQ(action, Action::unchanged) << path;
}

TEST_F(Conflict, AFileThatOnlyLooksRightIsReplaced) {
    restored();
    const auto time = fs::last_write_time(out + "/a");
    put("a", "rot!");
    fs::last_write_time(out + "/a", time);
    wanted.comparison = Comparison::by_time;
    EXPECT_EQ(restored().unchanged, 2U);
    wanted.comparison = Comparison::by_content;
    EXPECT_EQ(rehearsed().at("/s/a"), Action::replace);
    EXPECT_EQ(restored().unchanged, 1U);
    EXPECT_EQ(text("a"), "aaaa");
}

TEST_F(Conflict, AFileWithNamesElsewhereIsReplacedAndThoseStay) {
    restored();
    fs::create_hard_link(out + "/a", scratch / "elsewhere");
    EXPECT_EQ(restored().files, 1U);
    EXPECT_EQ(os::Directory::open(out).status("a").link_count, 1U);
    EXPECT_EQ(test::read_file(scratch / "elsewhere"), "aaaa");
}

TEST_F(Conflict, IfOlderSparesWhatIsNewer) {
    put("a", "newer");
    put("d/b", "older");
    set_time("d/b", 1);
    wanted.overwrite = Overwrite::if_older;
    EXPECT_EQ(rehearsed().at("/s/a"), Action::keep);
    const auto summary = restored();
    EXPECT_EQ(text("a"), "newer");
    EXPECT_EQ(text("d/b"), "bbbb");
    EXPECT_EQ(summary.kept, 1U);
}

TEST_F(Conflict, KeepBothFindsAFreeNameOfPossibleLength) {
    const std::string longest(255, 'x');
    fixture.add_file(source, 1, longest, "long");
    put("a", "mine");
    put("a.snapshot-1", "mine too");
    put(longest, "mine");
    wanted.overwrite = Overwrite::keep_both;
    EXPECT_EQ(rehearsed().at("/s/a"), Action::beside);
    EXPECT_EQ(restored().beside, 2U);
    EXPECT_EQ(text("a"), "mine");
    EXPECT_EQ(text("a.snapshot-1"), "mine too");
    EXPECT_EQ(text("a.snapshot-1-2"), "aaaa");
    EXPECT_EQ(text(longest), "mine");
    EXPECT_EQ(text(std::string(244, 'x') + ".snapshot-1"), "long");
    EXPECT_EQ(restored().files, 0U);
}

TEST_F(Conflict, KeepBothNeverTakesAFileAwayForAFolder) {
    put("d", "a file");
    wanted.overwrite = Overwrite::keep_both;
    const auto summary = restored();
    EXPECT_EQ(text("d"), "a file");
    EXPECT_EQ(summary.failed.count, 1U);
}

TEST_F(Conflict, DeletesWhatTheSnapshotDoesNotHold) {
    put("extra/deep/file", "x");
    put("d/extra", "x");
    put("beside/kept.txt", "x");
    wanted.deletion = Deletion::when_complete;
    wanted.choice.exclude.push_back(*PathPattern::parse("*.txt"));
    EXPECT_EQ(rehearsed().at("/s/extra/deep"), Action::remove);
    EXPECT_EQ(restored().deleted, 4U);
    EXPECT_THAT(names(), ElementsAre("a", "beside", "beside/kept.txt", "d", "d/b"));
}

TEST_F(Conflict, DeletesNoMoreThanAllowed) {
    for (const auto* name : {"1", "2", "3"}) put(name, "x");
    wanted.deletion = Deletion::when_complete;
    wanted.most_deletions = 2;
    const auto summary = restored();
    EXPECT_EQ(summary.deleted, 2U);
    EXPECT_EQ(summary.not_deleted, 1U);
    EXPECT_THAT(names(), ElementsAre("3", "a", "d", "d/b"));
}

TEST_F(Conflict, DeletesNothingWhereTheSnapshotIsIncomplete) {
    put("extra", "x");
    wanted.deletion = Deletion::when_complete;
    wanted.snapshot.skipped = 1;
    EXPECT_THAT(restored().deletion_withheld, HasSubstr("could not be read"));
    EXPECT_TRUE(fs::exists(out + "/extra"));
    wanted.deletion = Deletion::regardless;
    EXPECT_EQ(restored().deleted, 1U);
}

TEST_F(Conflict, DeletesNothingWhereAFileIsDamaged) {
    put("extra", "x");
    put("b/in the way", "x");
    fixture.add_file(source, 1, "b", "a file now");
    test::write_file(fixture.mirror("files/host/s/d/b"), "damaged");
    wanted.deletion = Deletion::when_complete;
    const auto summary = restored();
    EXPECT_EQ(summary.deletion_withheld, "not everything could be restored");
    EXPECT_EQ(summary.damaged.count, 1U);
    EXPECT_EQ(summary.failed.count, 1U);
    EXPECT_THAT(names(), ElementsAre("a", "b", "b/in the way", "d", "extra"));
}

TEST_F(Conflict, WithDeletionAFolderGivesWayToAFile) {
    put("a/b/c", "x");
    EXPECT_EQ(restored().failed.count, 1U);
    EXPECT_EQ(text("a/b/c"), "x");
    wanted.deletion = Deletion::when_complete;
    EXPECT_EQ(rehearsed().at("/s/a/b/c"), Action::remove);
    EXPECT_EQ(restored().failed.count, 0U);
    EXPECT_EQ(text("a"), "aaaa");
}

TEST_F(Conflict, FoldersOnTheWayAreLeftAsTheyAre) {
    fs::create_directories(out + "/d");
    fs::permissions(out + "/d", fs::perms::owner_all);
    wanted.choice.files = {"d/b"};
    restored();
    EXPECT_THAT(names(), ElementsAre("d", "d/b"));
    EXPECT_EQ(os::Directory::open(out).status("d").mode, 0700U);
    fs::remove_all(out);
    restored();
    EXPECT_EQ(os::Directory::open(out).status("d").mode, 0755U);
}

TEST_F(Conflict, ALinkOnTheWayIsNeitherFollowedNorReplaced) {
    fs::create_directories(out);
    fs::create_directory(scratch / "elsewhere");
    fs::create_symlink(scratch / "elsewhere", out + "/d");
    wanted.choice.files = {"d/b", "a"};
    EXPECT_EQ(restored().failed.count, 1U);
    EXPECT_TRUE(fs::is_symlink(out + "/d"));
    EXPECT_TRUE(fs::is_empty(scratch / "elsewhere"));
}

TEST_F(Conflict, PatternsAndNamesAreBothAsked) {
    fixture.add_file(source, 2, "c.txt", "c");
    fixture.add_file(source, 1, "e.txt", "e");
    wanted.choice.only = {*PathPattern::parse("*.txt")};
    wanted.choice.files = {"d", "nowhere"};
    const auto summary = restored();
    EXPECT_THAT(names(), ElementsAre("d", "d/c.txt"));
    EXPECT_EQ(summary.failed.count, 1U);
    EXPECT_EQ(summary.failed.first.front().path, "/s/nowhere");
    wanted.choice.only = {*PathPattern::parse("/s/none")};
    EXPECT_EQ(code_of_error(), ErrorCode::not_found);
}

TEST_F(Conflict, LeftoversOfAKilledRestoreGoAndOthersDoNot) {
    put("d/.kist-restore-0123abcd-1", "half");
    put("d/.kist-restore-mine", "x");
    put(".kist-restore-0123abcd-2/part", "half");
    restored();
    EXPECT_THAT(names(), ElementsAre("a", "d", "d/.kist-restore-mine", "d/b"));
}

TEST_F(Conflict, ARehearsalWritesNothing) {
    put("extra", "x");
    wanted.deletion = Deletion::when_complete;
    EXPECT_EQ(rehearsed().at("/s/d/b"), Action::create);
    EXPECT_THAT(names(), ElementsAre("extra"));
    wanted.target = scratch / "new";
    rehearsed();
    EXPECT_FALSE(fs::exists(scratch / "new"));
}

}  // namespace
}  // namespace kist::restore
