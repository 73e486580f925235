#include "kist/repository/drill.hpp"

#include "kist/base/error.hpp"
#include "kist/repository/coverage.hpp"

#include "catalog_fixture.hpp"

#include <gmock/gmock.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;
using ::testing::HasSubstr;

class DrillTest : public ::testing::Test {
  protected:
    DrillTest() { fixture.add_root(source, 1); }

    DrillResult drill_all() { return drill(fixture.repository(), {.extent = {.percent = 100}, .seed = 1}); }
    DrillResult drill_few(const DrillExtent& extent) { return drill(fixture.repository(), {extent, 1}); }
    DrillFailure only_failure() {
        const auto result = drill_all();
        EXPECT_EQ(result.failure_count, 1U);
        return result.failures.empty() ? DrillFailure{} : result.failures.front();
    }
    std::string mirror(const std::string& path) { return fixture.mirror("files/host/s/" + path); }

    ContentId add_old(const std::string& name, const std::string& bytes) {
        const auto content = fixture.add_content(bytes);
        auto row = fixture.file_entry(source, 1, name, content, bytes.size());
        row.last = first.number;
        fixture.add(row);
        return content;
    }

    CatalogFixture fixture;
    Source source = fixture.add_source("/s");
    Snapshot first = fixture.add_snapshot(source);
    Snapshot second = fixture.add_snapshot(source);
};

TEST_F(DrillTest, RestoresEveryContentOfEverySnapshot) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_file(source, 2, "f", "content");
    fixture.add_file(source, 2, "same", "content");
    fixture.add_file(source, 1, "empty", "");
    fixture.place_in_pack(add_old("packed", "packed content"), "packed content");
    fixture.place_in_kept(add_old("kept", "kept content"), "kept content");
    const auto result = drill_all();
    EXPECT_EQ(result.files, 4U);
    EXPECT_EQ(result.bytes.value, 7U + 14U + 12U);
    EXPECT_EQ(result.failure_count, 0U);
    EXPECT_EQ(drill_few(small_extent()).files, 4U);
}

TEST_F(DrillTest, NamesWhatCannotBeRestored) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_file(source, 2, "f", "content");
    fixture.add_file(source, 1, "good", "good content");
    test::write_file(mirror("d/f"), "damaged");
    const auto failure = only_failure();
    EXPECT_EQ(failure.path, "/s/d/f");
    EXPECT_THAT(failure.reason, HasSubstr("latest/files/host/s/d/f does not hold what was backed up"));
    EXPECT_EQ(drill_few(small_extent()).failure_count, 1U);
}

TEST_F(DrillTest, AnotherGoodCopyIsASuccess) {
    fixture.add_file(source, 1, "f", "content");
    fixture.add_file(source, 1, "same", "content");
    test::write_file(mirror("f"), "damaged");
    EXPECT_EQ(drill_all().failure_count, 0U);
}

TEST_F(DrillTest, MetadataThatNobodyCanHaveIsAFailure) {
    auto row = fixture.file_entry(source, 1, "f", fixture.add_content("content"), 7);
    row.metadata.attributes = {{"system.posix_acl_access", "no ACL"}};
    fixture.add(row);
    test::write_file(mirror("f"), "content");
    EXPECT_THAT(only_failure().reason, HasSubstr("impossible attribute system.posix_acl_access"));
    fixture.database().execute("UPDATE entry SET attributes = x'00'");
    EXPECT_THAT(only_failure().reason, HasSubstr("broken attributes"));
    fixture.database().execute("UPDATE entry SET attributes = NULL, user = 'a' || char(10) || 'b'");
    EXPECT_THAT(only_failure().reason, HasSubstr("impossible owner a\\x0ab"));
    fixture.database().execute("UPDATE entry SET user = 'a'");
    EXPECT_EQ(drill_all().failure_count, 0U);
    fixture.database().execute("UPDATE entry SET size = 8 WHERE name = x'66'");
    EXPECT_THAT(only_failure().reason, HasSubstr("8 bytes, its content has 7"));
}

TEST_F(DrillTest, AFileWithoutAWayToItIsAFailure) {
    fixture.add_directory(source, 1, "d", 2);
    fixture.add_file(source, 2, "f", "content");
    fixture.database().execute("DELETE FROM entry WHERE node = 2");
    const auto failure = only_failure();
    EXPECT_EQ(failure.path, "");
    EXPECT_THAT(failure.reason, HasSubstr("no way up"));
}

TEST_F(DrillTest, WhatIsKnownToBeLostIsLeftOut) {
    fixture.add_file(source, 1, "f", "content");
    std::filesystem::remove(mirror("f"));
    fixture.database().execute("UPDATE content SET place = 3");
    EXPECT_EQ(drill_all().files, 0U);
}

TEST_F(DrillTest, KeepsWithinItsExtent) {
    for (int i = 0; i < 50; ++i)
        fixture.add_file(source, 1, std::to_string(i), std::string(1000U, 'x') + std::to_string(i));
    fixture.add_file(source, 1, "large", std::string(1U << 20U, 'x'));
    EXPECT_EQ(drill_few({.percent = 10}).files, 6U);
    EXPECT_EQ(drill_few({.percent = std::nullopt, .files = 7}).files, 7U);
    EXPECT_EQ(drill_few({.percent = std::nullopt, .files = 70}).files, 51U);
    const auto few =
        drill_few({.percent = std::nullopt, .files = 20, .most_bytes = {5500}, .longest = std::chrono::seconds{1000}});
    EXPECT_EQ(few.files, 5U);
    EXPECT_LE(few.bytes.value, 5500U);
    const auto none = drill_few({.percent = std::nullopt, .files = 20, .longest = std::chrono::seconds{0}});
    EXPECT_EQ(none.files, 0U);
}

TEST_F(DrillTest, TheSeedDecides) {
    for (int i = 0; i < 40; ++i) {
        fixture.add_file(source, 1, std::to_string(i), "content " + std::to_string(i));
        std::filesystem::remove(mirror(std::to_string(i)));
    }
    const auto names = [&](std::uint64_t seed) {
        std::vector<std::string> paths;
        const auto result = drill(fixture.repository(), {{.percent = std::nullopt, .files = 5}, seed});
        for (const auto& failure : result.failures) paths.push_back(failure.path);
        return paths;
    };
    EXPECT_EQ(names(1).size(), 5U);
    EXPECT_EQ(names(1), names(1));
    EXPECT_NE(names(1), names(2));
}

TEST_F(DrillTest, CanBeInterrupted) {
    fixture.add_file(source, 1, "f", "content");
    const std::atomic<bool> interrupt = true;
    EXPECT_THROW(drill(fixture.repository(), {.extent = {.percent = 100}, .interrupt = &interrupt}), Error);
}

TEST_F(DrillTest, TheLastOneIsRemembered) {
    const auto& repository = fixture.repository();
    const Timestamp time{std::chrono::hours{5}};
    record_drill(repository, DrillResult{}, time);
    EXPECT_FALSE(read_last_drill(repository));
    record_drill(repository, {.files = 16, .bytes = {4000}, .failures = {}}, time);
    const auto record = read_last_drill(repository);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->time, time);
    EXPECT_EQ(record->files, 16U);
    EXPECT_EQ(record->bytes.value, 4000U);
    EXPECT_EQ(record->failures, 0U);
    for (const auto* broken : {"", "kist-drill 2\nfiles 3\n", "kist-drill 1\nfiles -3\n", "kist-drill 1\nx"}) {
        test::write_file(fixture / ".kist/drill", broken);
        EXPECT_FALSE(read_last_drill(repository)) << broken;
    }
}

TEST_F(DrillTest, FailuresStayKnownAsDamage) {
    const auto& repository = fixture.repository();
    record_damage(repository, 3, Timestamp{});
    record_drill(repository, {.files = 16, .bytes = {}, .failures = {}, .failure_count = 2}, Timestamp{});
    EXPECT_EQ(read_coverage(repository).damaged, 3U);
    record_drill(repository, {.files = 16, .bytes = {}, .failures = {}, .failure_count = 5}, Timestamp{});
    EXPECT_EQ(read_coverage(repository).damaged, 5U);
    record_drill(repository, {.files = 16, .bytes = {}, .failures = {}}, Timestamp{});
    EXPECT_EQ(read_coverage(repository).damaged, 5U);
}

}  // namespace
}  // namespace kist::repository
