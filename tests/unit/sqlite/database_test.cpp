#include "kist/sqlite/database.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>

namespace kist::sqlite {
namespace {

TEST(Database, KeepsBlobsOfAnyBytes) {
    auto database = Database::open(":memory:", OpenMode::create);
    database.execute("CREATE TABLE t(a BLOB)");
    const std::string bytes("\0\n\xff/", 4);
    auto insert = database.prepare("INSERT INTO t VALUES(?)");
    insert.bind_blob(1, bytes).run();
    insert.bind_blob(1, std::string_view()).run();
    auto select = database.prepare("SELECT a FROM t ORDER BY rowid");
    ASSERT_TRUE(select.step());
    EXPECT_EQ(select.text(0), bytes);
    ASSERT_TRUE(select.step());
    EXPECT_FALSE(select.is_null(0));
    EXPECT_EQ(select.text(0), "");
    EXPECT_FALSE(select.step());
}

TEST(Database, TransactionRollsBackUnlessCommitted) {
    auto database = Database::open(":memory:", OpenMode::create);
    database.execute("CREATE TABLE t(a)");
    {
        Transaction transaction(database);
        database.execute("INSERT INTO t VALUES(1)");
    }
    {
        Transaction transaction(database);
        database.execute("INSERT INTO t VALUES(2)");
        transaction.commit();
    }
    auto select = database.prepare("SELECT group_concat(a) FROM t");
    ASSERT_TRUE(select.step());
    EXPECT_EQ(select.text(0), "2");
}

TEST(Database, ReadsAFileThatCannotChangeWhateverItsName) {
    const test::TemporaryDirectory root;
    const auto path = root / "odd?name=%41#&";
    Database::open(path, OpenMode::create)
        .execute("PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES(7)");
    auto database = Database::open(path, OpenMode::immutable);
    auto select = database.prepare("SELECT a FROM t");
    ASSERT_TRUE(select.step());
    EXPECT_EQ(select.integer(0), 7);
    EXPECT_THROW(database.execute("DELETE FROM t"), Error);
    EXPECT_EQ(root.open().entries().size(), 1U);  // neither a log nor anything else was made
}

TEST(Database, SaysDamagedForWhatIsNoDatabase) {
    try {
        auto database = Database::open("/etc/hostname", OpenMode::read_only);
        database.execute("SELECT * FROM sqlite_schema");
        FAIL() << "opened a text file";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
    }
}

}  // namespace
}  // namespace kist::sqlite
