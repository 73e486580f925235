#include "kist/backup/backup.hpp"

#include "kist/base/error.hpp"
#include "kist/os/attributes.hpp"

#include "backup_fixture.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::write_file;

std::uint64_t inode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
    return status.st_ino;
}

TEST_F(Backup, MakesTheMirrorEqualToTheSource) {
    fs::create_directories(*this / "a/b/empty");
    write_file(*this / "a/one", "1");
    write_file(*this / "a/b/two", std::string(3'000'000, 'x'));
    write_file(*this / "zero", "");
    write_file(*this / "new\nline \xff", "odd");
    fs::create_symlink("nowhere", *this / "link");
    fs::create_hard_link(*this / "a/one", *this / "a/b/hard");
    ASSERT_EQ(mkfifo((*this / "fifo").c_str(), 0640), 0);
    chmod((*this / "a/one").c_str(), 0754);
    setxattr((*this / "zero").c_str(), "user.colour", "blue", 4, 0);
    write_file(*this / "sparse", "head");
    fs::resize_file(*this / "sparse", 50'000'000);
    const auto summary = run();
    EXPECT_EQ(summary.run.snapshot.number, 1);
    EXPECT_EQ(summary.run.snapshot.files, 6U);
    EXPECT_TRUE(summary.run.skipped.empty());
    expect_sound();
    EXPECT_EQ(inode_of(mirror() + "/a/one"), inode_of(mirror() + "/a/b/hard"));
    struct stat sparse {};
    stat((mirror() + "/sparse").c_str(), &sparse);
    EXPECT_LT(sparse.st_blocks * 512, 1'000'000);
}

TEST_F(Backup, ReadsNothingWhenNothingChanged) {
    fs::create_directory(*this / "d");
    for (int i = 0; i < 100; ++i) write_file(*this / ("d/" + std::to_string(i)), "content " + std::to_string(i));
    os::run({"sleep", "2.1"});  // until the files have settled
    run();
    const auto second = run();
    EXPECT_EQ(second.files_read, 0U);
    EXPECT_EQ(second.run.created + second.run.changed + second.run.removed + second.run.renamed, 0U);
    EXPECT_EQ(second.run.snapshot.files, 100U);
    expect_sound();
}

TEST_F(Backup, KeepsOldContentsOfWhatChangedAndWasDeleted) {
    const std::string large(2'000'000, 'l');
    write_file(*this / "small", "small 1");
    write_file(*this / "large", large);
    write_file(*this / "gone", "gone 1");
    fs::create_directories(*this / "tree/deep");
    write_file(*this / "tree/deep/file", "deep 1");
    write_file(*this / "tree/large", large + "2");
    run();
    write_file(*this / "small", "small 2");
    write_file(*this / "large", "not large");
    fs::remove(*this / "gone");
    fs::remove_all(*this / "tree");
    const auto summary = run();
    EXPECT_TRUE(summary.run.lost.empty());
    expect_sound();
    EXPECT_EQ(content(1, "small"), "small 1");
    EXPECT_EQ(content(1, "large"), large);
    EXPECT_EQ(content(1, "gone"), "gone 1");
    EXPECT_EQ(content(1, "tree/deep/file"), "deep 1");
    EXPECT_EQ(content(1, "tree/large"), large + "2");
    EXPECT_EQ(content(2, "small"), "small 2");
    EXPECT_EQ(content(2, "gone"), "<absent>");
}

TEST_F(Backup, MovesRenamedFilesAndFoldersWithoutCopying) {
    fs::create_directories(*this / "old/inner");
    write_file(*this / "old/inner/file", "inner");
    write_file(*this / "single", "single");
    os::run({"sleep", "2.1"});
    run();
    const auto file = inode_of(mirror() + "/old/inner/file");
    const auto single = inode_of(mirror() + "/single");
    fs::rename(*this / "old", *this / "new");
    fs::create_directory(*this / "place");
    fs::rename(*this / "single", *this / "place/renamed");
    const auto summary = run();
    expect_sound();
    EXPECT_EQ(inode_of(mirror() + "/new/inner/file"), file);
    EXPECT_EQ(inode_of(mirror() + "/place/renamed"), single);
    EXPECT_EQ(summary.files_read, 0U);
    EXPECT_EQ(summary.run.renamed, 2U);
    EXPECT_EQ(content(1, "old/inner/file"), "inner");
    EXPECT_EQ(content(1, "single"), "single");
    EXPECT_EQ(content(2, "place/renamed"), "single");
}

TEST_F(Backup, SwapsAndReplacedNames) {
    write_file(*this / "a", "content a");
    write_file(*this / "b", "content b");
    fs::create_directories(*this / "d1/x");
    fs::create_directories(*this / "d2/y");
    write_file(*this / "d1/x/f", "d1");
    write_file(*this / "d2/y/f", "d2");
    write_file(*this / "moved", "old at this name");
    write_file(*this / "becomes-folder", "file");
    fs::create_directory(*this / "becomes-file");
    write_file(*this / "becomes-file/f", "below");
    os::run({"sleep", "2.1"});
    run();
    const auto swap = [&](const char* a, const char* b) {
        fs::rename(*this / a, *this / "swap");
        fs::rename(*this / b, *this / a);
        fs::rename(*this / "swap", *this / b);
    };
    swap("a", "b");
    swap("d1", "d2");
    fs::rename(*this / "moved", *this / "moved-away");
    write_file(*this / "moved", "new at this name");
    fs::remove(*this / "becomes-folder");
    fs::create_directory(*this / "becomes-folder");
    write_file(*this / "becomes-folder/f", "x");
    fs::remove_all(*this / "becomes-file");
    write_file(*this / "becomes-file", "now a file");
    const auto summary = run();
    expect_sound();
    EXPECT_TRUE(summary.run.lost.empty());
    EXPECT_EQ(content(1, "a"), "content a");
    EXPECT_EQ(content(2, "a"), "content b");
    EXPECT_EQ(content(1, "d1/x/f"), "d1");
    EXPECT_EQ(content(2, "d2/x/f"), "d1");
    EXPECT_EQ(content(1, "moved"), "old at this name");
    EXPECT_EQ(content(2, "moved-away"), "old at this name");
    EXPECT_EQ(content(1, "becomes-file/f"), "below");
    EXPECT_EQ(content(1, "becomes-folder"), "file");
}

TEST_F(Backup, AContentThatComesBackAndLeavesAgainIsNeverLost) {
    for (const auto* text : {"X", "Y", "X", "Z"}) {
        write_file(*this / "f", text);
        EXPECT_TRUE(run().run.lost.empty());
        expect_sound();
    }
    const std::string large(1'500'000, 'L');
    for (const auto& text : {large, std::string("small"), large, std::string("end")}) {
        write_file(*this / "g", text);
        EXPECT_TRUE(run().run.lost.empty());
        expect_sound();
    }
    EXPECT_EQ(content(1, "f"), "X");
    EXPECT_EQ(content(2, "f"), "Y");
    EXPECT_EQ(content(3, "f"), "X");
    EXPECT_EQ(content(5, "g"), large);
    EXPECT_EQ(content(6, "g"), "small");
    EXPECT_EQ(content(7, "g"), large);
}

TEST_F(Backup, HardLinksThatAreMadeSplitAndMoved) {
    write_file(*this / "a", "linked");
    fs::create_hard_link(*this / "a", *this / "b");
    write_file(*this / "single", "single");
    os::run({"sleep", "2.1"});
    run();
    expect_sound();
    // One more name, one name moved, one file that becomes a group.
    fs::create_hard_link(*this / "a", *this / "c");
    fs::create_directory(*this / "d");
    fs::rename(*this / "b", *this / "d/b");
    fs::create_hard_link(*this / "single", *this / "d/single");
    run();
    expect_sound();
    EXPECT_EQ(inode_of(mirror() + "/a"), inode_of(mirror() + "/d/b"));
    EXPECT_EQ(inode_of(mirror() + "/a"), inode_of(mirror() + "/c"));
    // The group splits: c becomes a file of its own, and the rest changes.
    fs::remove(*this / "c");
    write_file(*this / "c", "linked");
    write_file(*this / "a", "changed through a");
    run();
    expect_sound();
    EXPECT_EQ(content(3, "d/b"), "changed through a");
    EXPECT_EQ(content(2, "d/b"), "linked");
    EXPECT_EQ(content(3, "c"), "linked");
    EXPECT_NE(inode_of(mirror() + "/a"), inode_of(mirror() + "/c"));
    // All names but one go.
    fs::remove(*this / "a");
    fs::rename(*this / "d/b", *this / "last");
    run();
    expect_sound();
}

TEST_F(Backup, MetadataAloneChangesNoPlainFilesContent) {
    write_file(*this / "f", "content");
    fs::create_directory(*this / "d");
    run();
    const auto inode = inode_of(mirror() + "/f");
    chmod((*this / "f").c_str(), 0600);
    setxattr((*this / "f").c_str(), "user.x", "y", 1, 0);
    chmod((*this / "d").c_str(), 0711);
    const auto summary = run();
    expect_sound();
    EXPECT_EQ(inode_of(mirror() + "/f"), inode);
    EXPECT_EQ(summary.run.changed, 2U);
    const auto repository = repository::Repository::open(volume(), {});
    auto catalog = repository.open_catalog();
    EXPECT_EQ(catalog.find_path(catalog.snapshot(1), *this / "f")->metadata.mode, 0644U);
    EXPECT_EQ(catalog.find_path(catalog.snapshot(2), *this / "f")->metadata.mode, 0600U);
}

TEST_F(Backup, AFileWithTheSameTimesIsReadAgainUntilItHasSettled) {
    write_file(*this / "f", "aaaa");
    const auto time = fs::last_write_time(*this / "f");
    run();
    write_file(*this / "f", "bbbb");
    fs::last_write_time(*this / "f", time);
    run();
    expect_sound();
    EXPECT_EQ(content(1, "f"), "aaaa");
    EXPECT_EQ(content(2, "f"), "bbbb");
}

TEST_F(Backup, ATreeThatWasRestoredWritesNoContentAgain) {
    fs::create_directories(*this / "d/e");
    for (int i = 0; i < 20; ++i) write_file(*this / ("d/e/" + std::to_string(i)), std::to_string(i));
    run();
    const auto inode = inode_of(mirror() + "/d/e/7");
    os::run({"cp", "-a", source(), source() + ".copy"});
    fs::remove_all(source());
    fs::rename(source() + ".copy", source());
    const auto summary = run();
    expect_sound();
    EXPECT_EQ(summary.run.created + summary.run.changed + summary.run.removed, 0U);
    EXPECT_EQ(inode_of(mirror() + "/d/e/7"), inode);
}

TEST_F(Backup, RefusesASourceInsideTheVolumeAndOneThatIsMissing) {
    auto repository = repository::Repository::open(volume(), {});
    BackupOptions options;
    options.host = "host";
    const auto code_for = [&](const std::string& path) {
        options.path = path;
        try {
            back_up(repository, options, clock_);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::failed;
    };
    EXPECT_EQ(code_for(volume()), ErrorCode::usage);
    EXPECT_EQ(code_for(volume() + "/latest"), ErrorCode::usage);
    EXPECT_EQ(code_for(*this / "missing"), ErrorCode::not_found);
    EXPECT_TRUE(repository.open_catalog().sources().empty());
}

TEST_F(Backup, TheVolumeInsideTheSourceIsLeftOut) {
    fs::create_directory(*this / "mounted");
    repository::Repository::create(*this / "mounted", {});
    write_file(*this / "f", "x");
    auto repository = repository::Repository::open(*this / "mounted", {});
    BackupOptions options;
    options.host = "host";
    options.path = source();
    const auto summary = back_up(repository, options, clock_);
    EXPECT_EQ(summary.run.snapshot.entries, 2U);  // the source and f
}

TEST_F(Backup, ASingleFileIsASource) {
    write_file(*this / "only", "1");
    auto repository = repository::Repository::open(volume(), {});
    BackupOptions options;
    options.host = "host";
    options.path = *this / "only";
    back_up(repository, options, clock_);
    EXPECT_EQ(read_file(mirror() + "/only"), "1");
    write_file(*this / "only", "22");
    options.time = Timestamp{std::chrono::hours{2000}};
    back_up(repository, options, clock_);
    EXPECT_EQ(read_file(mirror() + "/only"), "22");
    auto catalog = repository.open_catalog();
    EXPECT_EQ(catalog.root(catalog.snapshot(1)).metadata.size, 1U);
}

TEST_F(Backup, AMirrorFileThatSomebodyEditedIsNeverTakenForTheTruth) {
    write_file(*this / "f", "original");
    write_file(*this / "r", "renamed");
    os::run({"sleep", "2.1"});
    run();
    write_file(mirror() + "/f", "tampered");
    write_file(mirror() + "/r", "tampered too");
    write_file(*this / "f", "second");
    fs::rename(*this / "r", *this / "r2");
    const auto summary = run();
    EXPECT_EQ(summary.run.lost.size(), 1U);
    EXPECT_EQ(read_file(mirror() + "/f"), "second");
    EXPECT_EQ(read_file(mirror() + "/r2"), "renamed");
    EXPECT_EQ(difference(), "");
}

TEST_F(Backup, ANewerTimeIsNeededForEachSnapshot) {
    write_file(*this / "f", "x");
    run();
    hour_ = 0;
    try {
        run();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::usage);
    }
    expect_sound();
}

}  // namespace
}  // namespace kist::backup
