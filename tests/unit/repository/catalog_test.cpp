#include "kist/repository/catalog.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <gmock/gmock.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> names(Catalog& catalog, const Snapshot& snapshot, NodeId directory) {
    std::vector<std::string> names;
    catalog.list(snapshot, directory, [&](Entry&& entry) { names.push_back(entry.name); });
    return names;
}

bool is_damaged(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code() == ErrorCode::damaged;
    }
    return false;
}

class CatalogTest : public ::testing::Test {
  protected:
    CatalogFixture fixture;
    Source source = fixture.add_source("/home/user");
    Snapshot first = fixture.add_snapshot(source);
    Snapshot second = fixture.add_snapshot(source);
    Catalog catalog = fixture.repository().open_catalog();
};

TEST_F(CatalogTest, ShowsEachSnapshotAsItWas) {
    fixture.add_root(source, 1);
    auto gone = fixture.file_entry(source, 1, "gone", fixture.add_content("x"), 1);
    gone.last = 1;
    fixture.add(gone);
    auto later = fixture.file_entry(source, 1, "later", fixture.add_content("x"), 1);
    later.first = 2;
    fixture.add(later);
    fixture.add_file(source, 1, "always", "y");
    EXPECT_THAT(names(catalog, first, 1), ElementsAre("always", "gone"));
    EXPECT_THAT(names(catalog, second, 1), ElementsAre("always", "later"));
    EXPECT_TRUE(catalog.find(first, 1, "gone"));
    EXPECT_FALSE(catalog.find(second, 1, "gone"));
}

TEST_F(CatalogTest, ListsInTheOrderOfTheNamesBytes) {
    fixture.add_root(source, 1);
    for (const auto* name : {"b", "B", "\xff", "a", "ä"}) fixture.add_file(source, 1, name, "");
    EXPECT_THAT(names(catalog, second, 1), ElementsAre("B", "a", "b", "ä", "\xff"));
}

TEST_F(CatalogTest, KeepsEveryFieldOfAnEntry) {
    fixture.add_root(source, 1);
    auto entry = fixture.entry(source, 1, "device", os::FileType::character_device, 04755);
    entry.metadata.uid = 4000000000U;
    entry.metadata.user = "someone";
    entry.metadata.group = "some group";
    entry.metadata.special_device = 0x103;
    entry.metadata.attributes = {{"user.a", std::string("\0\xff", 2)}, {"user.b", ""}};
    entry.metadata.mtime = Timestamp{std::chrono::nanoseconds{-1}};
    entry.identity.inode = ~std::uint64_t{0};
    entry.identity.birth_time = Timestamp{std::chrono::nanoseconds{5}};
    entry.node = 9;
    fixture.add(entry);
    const auto found = catalog.find(second, 1, "device");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->metadata, entry.metadata);
    EXPECT_EQ(found->identity, entry.identity);
    EXPECT_EQ(found->node, entry.node);
}

TEST_F(CatalogTest, FindsPathsOnlyWithinTheSource) {
    fixture.add_root(source, 1);
    fixture.add_directory(source, 1, "a", 2);
    fixture.add_file(source, 2, "f", "x");
    EXPECT_EQ(catalog.find_path(second, "/home/user")->node, 1);
    EXPECT_EQ(catalog.find_path(second, "/home/user/a/")->node, 2);
    EXPECT_EQ(catalog.find_path(second, "/home/user/a/f")->name, "f");
    EXPECT_FALSE(catalog.find_path(second, "/home/user/a/f/g"));
    EXPECT_FALSE(catalog.find_path(second, "/home/user/a/g"));
    EXPECT_FALSE(catalog.find_path(second, "/home/user2"));
    EXPECT_FALSE(catalog.find_path(second, "/home"));
    EXPECT_FALSE(catalog.find_path(second, "/home/user/a/../a"));
}

TEST_F(CatalogTest, FindsPathsBelowTheSourceSlash) {
    const auto slash = fixture.add_source("/");
    const auto snapshot = fixture.add_snapshot(slash);
    fixture.add_root(slash, 11);
    fixture.add_directory(slash, 11, "etc", 12);
    const auto file = fixture.add_file(slash, 12, "fstab", "x");
    EXPECT_EQ(catalog.find_path(snapshot, "/")->node, 11);
    EXPECT_EQ(catalog.find_path(snapshot, "/etc/fstab")->id, file.id);
    EXPECT_EQ(catalog.source_path(file, snapshot.number), "/etc/fstab");
}

TEST_F(CatalogTest, KnowsWhereAContentStandsInTheMirror) {
    fixture.add_root(source, 1);
    const auto file = fixture.add_file(source, 1, "f", "same");
    fixture.add_file(source, 1, "g", "same");
    EXPECT_THAT(catalog.mirror_paths(*file.content, 9),
                ElementsAre("files/host/home/user/f", "files/host/home/user/g"));
    EXPECT_THAT(catalog.mirror_paths(*file.content, 1), ElementsAre("files/host/home/user/f"));
    fixture.database().execute(
        "UPDATE entry SET name = CAST('other' AS BLOB) WHERE node = 1 OR name = CAST('f' AS BLOB)");
    fixture.database().execute("UPDATE entry SET name = CAST('/home/user' AS BLOB) WHERE node = 1");
    EXPECT_EQ(catalog.mirror_paths(*file.content, 9).front(), "files/host/home/user/other");
}

TEST_F(CatalogTest, NamesTheFilesAndSnapshotsOfAContent) {
    fixture.add_root(source, 1);
    const auto content = fixture.add_content("x");
    auto old = fixture.file_entry(source, 1, "old\n", content, 1);
    old.last = 1;
    fixture.add(old);
    EXPECT_EQ(catalog.example_of(content), "1:/home/user/old\\x0a");
    fixture.add_file(source, 1, "new", "x");
    const auto found = catalog.occurrences(content, 9);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].path, "/home/user/new");
    EXPECT_EQ(found[0].first, 1);
    EXPECT_EQ(found[0].last, 2);
    EXPECT_EQ(catalog.example_of(99), "content 99");
}

TEST_F(CatalogTest, AddsUpWhatIsBelow) {
    fixture.add_root(source, 1);
    fixture.add_directory(source, 1, "a", 2);
    fixture.add_file(source, 2, "f", "four");
    fixture.add_file(source, 1, "g", "two");
    EXPECT_EQ(catalog.totals(second, 1).files, 2U);
    EXPECT_EQ(catalog.totals(second, 1).bytes.value, 7U);
    EXPECT_EQ(catalog.totals(second, 2).files, 1U);
}

TEST_F(CatalogTest, AReadingHoldsOneState) {
    fixture.add_root(source, 1);
    {
        const Catalog::Reading reading(catalog);
        const Catalog::Reading nested(catalog);
        fixture.add_file(source, 1, "new", "x");
        EXPECT_THAT(names(catalog, second, 1), IsEmpty());
    }
    EXPECT_THAT(names(catalog, second, 1), ElementsAre("new"));
}

TEST_F(CatalogTest, AnExceptionFromTheCallbackEndsTheReading) {
    fixture.add_root(source, 1);
    fixture.add_file(source, 1, "a", "x");
    EXPECT_THROW(catalog.list(second, 1, [](Entry&&) { throw 1; }), int);
    fixture.add_file(source, 1, "b", "x");
    EXPECT_THAT(names(catalog, second, 1), ElementsAre("a", "b"));
}

TEST_F(CatalogTest, NumbersThatNameNothingAreNotFound) {
    for (const auto& action :
         std::vector<std::function<void()>>{[&] { catalog.snapshot(9); }, [&] { catalog.source(9); }}) {
        try {
            action();
            ADD_FAILURE() << "nothing was thrown";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::not_found);
        }
    }
}

TEST_F(CatalogTest, RefusesHostileNames) {
    fixture.add_root(source, 1);
    for (const std::string name : {"../evil", "..", ".", "", "a/b"}) {
        fixture.database().execute("DELETE FROM entry WHERE directory = 1");
        fixture.add(fixture.file_entry(source, 1, name, fixture.add_content("x"), 1));
        EXPECT_TRUE(is_damaged([&] { names(catalog, second, 1); })) << name;
        EXPECT_TRUE(is_damaged([&] { catalog.mirror_paths(1, 9); })) << name;
    }
}

TEST_F(CatalogTest, RefusesRowsThatNoBackupWrites) {
    fixture.add_root(source, 1);
    const auto file = fixture.add_file(source, 1, "f", "x");
    const auto broken = [&](const std::string& assignment) {
        fixture.database().execute("BEGIN");
        fixture.database().execute("UPDATE entry SET " + assignment + " WHERE name = CAST('f' AS BLOB)");
        fixture.database().execute("COMMIT");
        const bool damaged = is_damaged([&] { names(catalog, second, 1); });
        fixture.database().execute("DELETE FROM entry WHERE name = CAST('f' AS BLOB)");
        fixture.add(file);
        return damaged;
    };
    for (const auto* assignment :
         {"type = 7", "type = -1", "type = 256", "type = 1", "content = NULL", "type = 2, content = NULL", "size = -1",
          "mode = 65536", "target = CAST('x' AS BLOB)", "attributes = x'ff'", "attributes = x'ffffffff41'"})
        EXPECT_TRUE(broken(assignment)) << assignment;
    EXPECT_THAT(names(catalog, second, 1), ElementsAre("f"));
}

TEST_F(CatalogTest, RefusesImpossibleContents) {
    for (const auto* values : {"x'00', 1, 0", "zeroblob(32), -1, 0", "zeroblob(32), 1, 9"}) {
        fixture.database().execute(std::string("INSERT OR REPLACE INTO content (id, hash, size, place) VALUES (5, ") +
                                   values + ")");
        EXPECT_TRUE(is_damaged([&] { catalog.content(5); })) << values;
    }
    EXPECT_TRUE(is_damaged([&] { catalog.content(6); }));
}

TEST_F(CatalogTest, ACycleEndsInDamage) {
    auto a = fixture.add_directory(source, 3, "a", 2);
    fixture.add_directory(source, 2, "b", 3);
    EXPECT_TRUE(is_damaged([&] { catalog.source_path(a, 2); }));
    EXPECT_EQ(catalog.totals(second, 2).files, 0U);
    EXPECT_THAT(catalog.inconsistencies(), testing::Contains(HasSubstr("inside itself")));
}

TEST_F(CatalogTest, FindsNothingWrongInASoundCatalog) {
    fixture.add_root(source, 1);
    fixture.add_directory(source, 1, "a", 2);
    fixture.add_file(source, 2, "f", "x");
    auto old = fixture.file_entry(source, 2, "g", fixture.add_content("old"), 3);
    old.last = 1;
    fixture.add(old);
    fixture.place_in_pack(*old.content, "old");
    fixture.count_entries();
    EXPECT_THAT(catalog.inconsistencies(), IsEmpty());
    fixture.database().execute("DELETE FROM entry WHERE last IS NULL AND type = 0");
    EXPECT_THAT(catalog.inconsistencies(), ElementsAre(HasSubstr("as many entries"), HasSubstr("belongs to no file")));
}

TEST_F(CatalogTest, SaysWhatIsInconsistent) {
    fixture.add_root(source, 1);
    const auto file = fixture.add_file(source, 1, "f", "x");
    const auto said_after = [&](const std::string& sql) {
        fixture.database().execute("SAVEPOINT s; " + sql);
        fixture.database().execute("RELEASE s");
        std::string all;
        for (const auto& line : catalog.inconsistencies()) all += line + "\n";
        fixture.database().execute("DELETE FROM entry; DELETE FROM content");
        fixture.add_root(source, 1);
        fixture.add(fixture.file_entry(source, 1, "f", fixture.add_content("x"), 1));
        return all;
    };
    EXPECT_THAT(said_after("UPDATE entry SET last = 0 WHERE type = 0"), HasSubstr("ends before"));
    EXPECT_THAT(said_after("UPDATE entry SET first = 9 WHERE type = 0"), HasSubstr("newest snapshot"));
    EXPECT_THAT(said_after("UPDATE entry SET source = 9 WHERE type = 0"), HasSubstr("no source"));
    EXPECT_THAT(said_after("UPDATE entry SET directory = 9 WHERE type = 0"), HasSubstr("directory that is not there"));
    EXPECT_THAT(said_after("UPDATE entry SET last = 1 WHERE type = 1"), HasSubstr("outlives"));
    EXPECT_THAT(said_after("UPDATE entry SET size = 2 WHERE type = 0"), HasSubstr("different sizes"));
    EXPECT_THAT(said_after("DELETE FROM content"), HasSubstr("content that is not there"));
    EXPECT_THAT(said_after("UPDATE entry SET last = 1 WHERE type = 0"), HasSubstr("nothing there holds it"));
    EXPECT_THAT(said_after("UPDATE content SET place = 1, pack = 7, offset = 0"), HasSubstr("outside of its pack"));
    EXPECT_THAT(said_after("UPDATE content SET base = id"), HasSubstr("is in no pack"));
    EXPECT_THAT(said_after("UPDATE content SET place = 1, base = 99"), HasSubstr("has no base"));
    EXPECT_THAT(said_after("UPDATE content SET base = id"), HasSubstr("has no end"));
    EXPECT_THAT(
        said_after("INSERT INTO entry SELECT NULL, directory, name, 2, last, type, mode, uid, gid, size, mtime, node, "
                   "content, device, inode, ctime, birth, unsettled, source, user, grp, special, has_holes, target, "
                   "attributes, mirror_inode FROM entry WHERE type = 0"),
        HasSubstr("stands twice"));
    EXPECT_THAT(said_after("UPDATE entry SET directory = 1, name = CAST('r' AS BLOB) WHERE type = 1"),
                HasSubstr("no valid node"));
    EXPECT_EQ(file.name, "f");
}

TEST(Catalog, AFileThatIsNoneIsDamaged) {
    const test::TemporaryDirectory root;
    test::write_file(root / "catalog.sqlite", std::string(5000, 'x'));
    EXPECT_TRUE(is_damaged([&] { Catalog catalog(root / "catalog.sqlite"); }));
}

}  // namespace
}  // namespace kist::repository
