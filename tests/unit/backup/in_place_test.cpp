#include "kist/repository/check.hpp"
#include "kist/sqlite/database.hpp"

#include "backup_fixture.hpp"
#include "edits.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace kist::backup {
namespace {

namespace fs = std::filesystem;
using test::noise;
using test::overwrite;
using test::read_file;
using test::write_file;

constexpr std::size_t kSize = 6'000'000;

struct ::stat status_of(const std::string& path) {
    struct ::stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status;
}

// Large files of which a part changes: the plain file in latest/ stays and is patched, or on filesystems with reflinks
// its clone takes its place.
class InPlace : public Backup {
  protected:
    void first(const std::string& content) {
        write_file(*this / "image", content);
        run();
        before_ = status_of(mirror() + "/image");
    }

    // Whether only what differs was written; where files can be cloned inodes do not tell.
    void expect_patched(bool patched = true) {
        const auto after = status_of(mirror() + "/image");
        if (!can_clone()) {
            EXPECT_EQ(after.st_ino == before_.st_ino, patched);
        }
        before_ = after;
    }
    bool can_clone() {
        write_file(top_ / "probe", "x");
        const auto result = os::run({"cp", "--reflink=always", top_ / "probe", top_ / "probe-2"});
        return result.status == 0;
    }
    std::int64_t deltas() {
        auto catalog = sqlite::Database::open(volume() + "/.kist/catalog.sqlite", sqlite::OpenMode::read_write);
        auto row = catalog.prepare("SELECT count(*) FROM content WHERE base IS NOT NULL");
        row.step();
        return row.integer(0);
    }

    struct ::stat before_ {};
};

TEST_F(InPlace, ChangedBlocks) {
    std::vector<std::string> versions{noise(1, kSize)};
    first(versions[0]);
    for (unsigned version = 1; version < 5; ++version) {
        overwrite(*this / "image", 700'001 * version, noise(version + 1, 10'000));
        versions.push_back(read_file(*this / "image"));
        run();
        expect_patched();
        expect_sound();
    }
    EXPECT_EQ(deltas(), 4);
    for (std::size_t version = 0; version < versions.size(); ++version)
        EXPECT_EQ(content(static_cast<std::int64_t>(version) + 1, "image"), versions[version]) << version;
}

TEST_F(InPlace, GrowsAndShrinks) {
    const auto image = noise(1, kSize);
    first(image);
    write_file(*this / "image", image + noise(2, 300'000));
    run();
    expect_patched();
    expect_sound();
    write_file(*this / "image", image.substr(0, kSize - 500'000));
    run();
    expect_patched();
    expect_sound();
    EXPECT_EQ(content(1, "image"), image);
    EXPECT_EQ(content(2, "image"), image + noise(2, 300'000));
}

TEST_F(InPlace, HolesComeAndGo) {
    auto image = noise(1, kSize);
    std::fill(image.begin() + 1'048'576, image.begin() + 3'145'728, '\0');
    write_file(*this / "plain", image);
    os::run({"cp", "--sparse=always", *this / "plain", *this / "image"});
    fs::remove(*this / "plain");
    run();
    before_ = status_of(mirror() + "/image");
    overwrite(*this / "image", 1'500'000, noise(2, 20'000));
    os::run({"fallocate", "--punch-hole", "--offset", "4194304", "--length", "1048576", *this / "image"});
    os::run({"truncate", "--size", "64M", *this / "image"});
    const auto after = read_file(*this / "image");
    run();
    expect_patched();
    expect_sound();
    const auto patched = status_of(mirror() + "/image");
    EXPECT_LE(patched.st_blocks * 512, status_of(*this / "image").st_blocks * 512 + 65'536);
    EXPECT_EQ(content(1, "image"), image);
    EXPECT_EQ(content(2, "image"), after);
}

TEST_F(InPlace, ContentsThatChangePlaces) {
    const auto x = noise(1, kSize);
    auto y = x;
    y.replace(3'000'000, 5'000, noise(2, 5'000));
    write_file(*this / "other", y);
    first(x);
    write_file(*this / "image", y);
    write_file(*this / "other", x);
    run();
    EXPECT_EQ(deltas(), 0);
    expect_sound();
    EXPECT_EQ(content(1, "image"), x);
    EXPECT_EQ(content(1, "other"), y);
}

TEST_F(InPlace, TwoFilesOfOneContentThatBecomeTwo) {
    const auto x = noise(1, kSize);
    write_file(*this / "other", x);
    first(x);
    overwrite(*this / "image", 1'000'000, noise(2, 5'000));
    write_file(*this / "other", noise(3, kSize));
    run();
    expect_patched();
    EXPECT_EQ(deltas(), 1);
    EXPECT_EQ(content(1, "other"), x);
    expect_sound();
}

TEST_F(InPlace, InAFolderThatIsRenamed) {
    const auto image = noise(1, kSize);
    fs::create_directory(*this / "old");
    write_file(*this / "old/disk", image);
    first(image);
    fs::rename(*this / "old", *this / "new");
    overwrite(*this / "new/disk", 2'000'000, noise(2, 5'000));
    overwrite(*this / "image", 4'000'000, noise(3, 5'000));
    run();
    expect_patched();
    expect_sound();
    EXPECT_EQ(content(1, "old/disk"), image);
}

TEST_F(InPlace, NotAFileThatOthersShare) {
    const auto image = noise(1, kSize);
    first(image);
    fs::create_hard_link(mirror() + "/image", volume() + "/mine");
    overwrite(*this / "image", 2'000'000, noise(2, 5'000));
    run();
    expect_patched(false);
    EXPECT_EQ(read_file(volume() + "/mine"), image);
    expect_sound();
    fs::create_hard_link(*this / "image", *this / "second");
    overwrite(*this / "image", 3'000'000, noise(3, 5'000));
    run();
    expect_patched(false);
    expect_sound();
    EXPECT_EQ(content(1, "image"), image);
}

TEST_F(InPlace, NotAFileThatSomebodyEdited) {
    const auto image = noise(1, kSize);
    first(image);
    overwrite(*this / "image", 1'000'000, noise(2, 5'000));
    run();  // from here on there is a signature
    expect_patched();
    overwrite(mirror() + "/image", 5'000'000, "edited");
    overwrite(*this / "image", 2'000'000, noise(3, 5'000));
    run();
    expect_patched(false);
    expect_sound();
    EXPECT_EQ(content(1, "image"), image);  // the edit was elsewhere
}

TEST_F(InPlace, RotWhereItMattersIsNoticed) {
    first(noise(1, kSize));
    run();
    const auto times = status_of(mirror() + "/image");
    overwrite(mirror() + "/image", 2'001'000, "rot");
    const struct timespec before[] = {times.st_atim, times.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, (mirror() + "/image").c_str(), before, 0), 0);
    overwrite(*this / "image", 2'000'000, noise(2, 5'000));
    EXPECT_THAT(run().run.lost, testing::SizeIs(1));
    expect_sound();
}

// A crash after the commit, and rot: the other steps go on, and repair has the rest.
TEST_F(InPlace, ADamagedRedoLogStopsNothingElse) {
    first(noise(1, kSize));
    fs::create_directory(volume() + "/.kist/staging/redo");
    write_file(volume() + "/.kist/staging/redo/1", "no redo log");
    {
        auto catalog = sqlite::Database::open(volume() + "/.kist/catalog.sqlite", sqlite::OpenMode::read_write);
        for (const auto* object : {"redo/1", "redo/2"}) {
            auto insert = catalog.prepare(
                "INSERT INTO step (phase, depth, kind, path, object, inode) "
                "SELECT 3, 0, 8, ?, ?, mirror_inode FROM entry WHERE CAST(name AS TEXT) = 'image'");
            const auto path = "files/host" + source() + "/image";
            insert.bind_blob(1, path).bind_text(2, object).run();
        }
    }
    write_file(*this / "other", "new");
    run();
    expect_sound();
}

TEST_F(InPlace, ChainsEndAsWithOtherFiles) {
    std::vector<std::string> versions{noise(1, kSize)};
    first(versions[0]);
    for (unsigned version = 1; version < 33; ++version) {
        overwrite(*this / "image", 150'000 * version, noise(version, 100));
        versions.push_back(read_file(*this / "image"));
        run();
    }
    EXPECT_EQ(deltas(), 31);
    expect_sound();
    for (const std::size_t version : {0U, 1U, 2U, 3U, 15U, 29U, 30U, 31U, 32U})
        EXPECT_EQ(content(static_cast<std::int64_t>(version) + 1, "image"), versions[version]) << version;
}

TEST_F(InPlace, MuchThatMovedIsCopied) {
    const auto image = noise(1, kSize);
    first(image);
    write_file(*this / "image", noise(2, 1'000) + image);
    run();
    expect_patched(false);
    EXPECT_EQ(deltas(), 1);
    expect_sound();
    EXPECT_EQ(content(1, "image"), image);
}

}  // namespace
}  // namespace kist::backup
