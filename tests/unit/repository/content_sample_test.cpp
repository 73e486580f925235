#include "repository/content_sample.hpp"

#include "catalog_fixture.hpp"

#include <map>

#include <gmock/gmock.h>

namespace kist::repository {
namespace {

using test::CatalogFixture;

class ContentSampleTest : public ::testing::Test {
  protected:
    ContentSampleTest() {
        fixture.add_root(source, 1);
        fixture.add_snapshot(source);
        for (int i = 0; i < 10; ++i) {
            const auto name = std::to_string(i);
            fixture.add(fixture.file_entry(source, 1, name, fixture.add_content(name), name.size()));
        }
    }
    ContentSample sample(std::uint64_t seed) { return {fixture.repository().catalog_path(), seed}; }

    CatalogFixture fixture;
    Source source = fixture.add_source("/s");
};

TEST_F(ContentSampleTest, EveryContentIsChosenAboutEquallyOften) {
    constexpr int kTimes = 500;
    std::map<ContentId, int> chosen;
    for (int seed = 0; seed < kTimes; ++seed) {
        const auto three = sample(static_cast<std::uint64_t>(seed)).exactly(3);
        EXPECT_EQ(three.size(), 3U);
        for (const auto content : three) ++chosen[content];
    }
    EXPECT_EQ(chosen.size(), 10U);
    constexpr int kExpected = kTimes * 3 / 10;
    for (const auto& [content, times] : chosen) EXPECT_NEAR(times, kExpected, 40) << content;
}

TEST_F(ContentSampleTest, NextGivesEachOnceAndThenNone) {
    fixture.database().execute("DELETE FROM entry WHERE content IN (3, 4, 10)");
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        auto one = sample(seed);
        std::set<ContentId> given;
        while (const auto content = one.next()) EXPECT_TRUE(given.insert(*content).second);
        EXPECT_EQ(given, (std::set<ContentId>{1, 2, 5, 6, 7, 8, 9})) << seed;
    }
}

TEST_F(ContentSampleTest, AnyVersionAndAnySnapshotThatHoldsIt) {
    fixture.add_snapshot(source);
    fixture.add_snapshot(fixture.add_source("/other"));
    auto old = fixture.file_entry(source, 1, "old", 1, 1);
    old.last = 1;
    old = fixture.add(old);
    std::map<EntryId, std::set<SnapshotNumber>> versions;
    auto one = sample(1);
    for (int i = 0; i < 200; ++i) {
        const auto version = one.version_of(1);
        ASSERT_TRUE(version);
        versions[version->entry].insert(version->snapshot);
    }
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions[old.id], std::set<SnapshotNumber>{1});
    EXPECT_EQ(versions.begin()->second, (std::set<SnapshotNumber>{1, 2}));
    EXPECT_FALSE(one.version_of(99));
}

TEST_F(ContentSampleTest, AnEmptyRepositoryHasNone) {
    fixture.database().execute("DELETE FROM entry");
    auto one = sample(1);
    EXPECT_EQ(one.count(), 0U);
    EXPECT_TRUE(one.exactly(5).empty());
    EXPECT_FALSE(one.next());
}

}  // namespace
}  // namespace kist::repository
