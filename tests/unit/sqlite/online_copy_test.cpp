#include "kist/sqlite/online_copy.hpp"

#include "kist/base/error.hpp"
#include "kist/sqlite/database.hpp"

#include "temporary_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace kist::sqlite {
namespace {

using namespace std::chrono_literals;

class CopyOnline : public testing::Test {
  protected:
    CopyOnline() : writer(Database::open(folder / "data", OpenMode::create)) {
        writer.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n INTEGER)");
        writer.execute("BEGIN");
        for (int n = 0; n < 1000; ++n) writer.execute("INSERT INTO t VALUES (1)");
        writer.execute("COMMIT");
    }

    void copy(const std::string& name = "data", std::chrono::milliseconds patience = 100ms) const {
        copy_online({.folder = opened.fd(), .name = name, .target = folder / "copy", .patience = patience});
    }

    std::int64_t sum_of_copy() const {
        auto database = Database::open(folder / "copy", OpenMode::read_write);
        auto statement = database.prepare("SELECT sum(n) FROM t");
        statement.step();
        return statement.integer(0);
    }

    test::TemporaryDirectory folder;
    os::Directory opened = folder.open();
    Database writer;
};

TEST_F(CopyOnline, TakesWhatIsInTheLogOnly) {
    const auto before = test::read_file(folder / "data");
    copy();
    EXPECT_EQ(sum_of_copy(), 1000);
    EXPECT_EQ(test::read_file(folder / "data"), before);
    EXPECT_FALSE(std::filesystem::exists(folder / "copy-journal"));
}

TEST_F(CopyOnline, IsOfOneTransactionWhateverIsWrittenMeanwhile) {
    writer.execute("CREATE TABLE big (x BLOB); INSERT INTO big VALUES (zeroblob(8000000))");
    int steps = 0;
    copy_online({.folder = opened.fd(), .name = "data", .target = folder / "copy", .on_progress = [&] {
                     if (++steps > 3) return;
                     writer.execute("INSERT INTO t VALUES (1); UPDATE big SET x = zeroblob(9000000)");
                 }});
    EXPECT_GT(steps, 3);
    EXPECT_EQ(sum_of_copy(), 1000) << "it began before";
}

TEST_F(CopyOnline, DoesNotSeeWhatIsNotCommitted) {
    writer.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
    copy();
    EXPECT_EQ(sum_of_copy(), 1000);
    writer.execute("COMMIT");
}

TEST_F(CopyOnline, SaysThatADatabaseIsLocked) {
    auto other = Database::open(folder / "other", OpenMode::create);
    other.execute("CREATE TABLE t (n INTEGER); BEGIN EXCLUSIVE");
    try {
        copy("other");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::busy);
    }
    other.execute("COMMIT");
}

TEST_F(CopyOnline, FollowsNoLink) {
    std::filesystem::create_symlink("data", folder / "link");
    EXPECT_THROW(copy("link"), Error);
    test::write_file(folder / "plain", test::read_file(folder / "data"));
    std::filesystem::create_symlink(folder / "planted", folder / "plain-wal");
    EXPECT_THROW(copy("plain"), Error);
    EXPECT_FALSE(std::filesystem::exists(folder / "planted"));
}

TEST_F(CopyOnline, SaysWhatIsNoDatabase) {
    test::write_file(folder / "text", std::string(5000, 'x'));
    try {
        copy("text");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
    }
}

TEST_F(CopyOnline, EndsWhenItIsToldTo) {
    EXPECT_THROW(copy_online({.folder = opened.fd(),
                              .name = "data",
                              .target = folder / "copy",
                              .on_progress = [] { throw Error(ErrorCode::interrupted, "enough"); }}),
                 Error);
}

}  // namespace
}  // namespace kist::sqlite
