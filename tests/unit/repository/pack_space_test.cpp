#include "repository/pack_space.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

constexpr std::uint64_t kBlock = 4096;

class PackSpace : public testing::Test {
  protected:
    void content(std::uint64_t begin, std::uint64_t end) {
        const auto id = fixture_.add_content(std::to_string(begin));
        auto update =
            fixture_.database().prepare("UPDATE content SET place = 1, pack = 1, offset = ?, stored = ? WHERE id = ?");
        update.bind(1, static_cast<std::int64_t>(begin))
            .bind(2, static_cast<std::int64_t>(end - begin))
            .bind(3, id)
            .run();
    }
    void run_record(std::int64_t begin, std::int64_t end) {
        auto insert = fixture_.database().prepare("INSERT INTO record VALUES (1, ?, ?, 1)");
        insert.bind(1, begin).bind(2, end - begin).run();
    }
    std::vector<NeededRecord> needed(std::uint64_t size) { return needed_records(fixture_.database(), 1, size); }

    test::CatalogFixture fixture_;
};

TEST_F(PackSpace, WhatNoContentAndNoRunRecordTakesIsAGap) {
    content(64, 1000);
    content(5000, 20000);
    run_record(20000, 21000);
    const auto records = needed(90000);
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[2].content, 0);
    EXPECT_EQ(gaps_between(records, 90000), (std::vector<PackRange>{{1000, 5000}, {21000, 90000}}));
    EXPECT_EQ(gaps_between({}, 900), (std::vector<PackRange>{{64, 900}}));
    EXPECT_TRUE(gaps_between(records, 21000).back().end == 5000);
}

TEST_F(PackSpace, OnlyWholeBlocksBehindTheHeaderAreGivenBack) {
    EXPECT_EQ(blocks_in({1000, 20000}, kBlock), (PackRange{4096, 16384}));
    EXPECT_EQ(blocks_in({4096 - 128, 8192}, kBlock), (PackRange{4096, 8192}));
    EXPECT_EQ(blocks_in({4096 - 127, 8192}, kBlock).size(), 0U);
    EXPECT_EQ(waste_of({1000, 5000}, kBlock), 4000U);
    EXPECT_EQ(waste_of({0, 3 * kBlock}, kBlock), kBlock);
}

TEST_F(PackSpace, AStretchGainsWhatItsEdgesHold) {
    content(8192, 8592);
    content(8592, 9000);
    content(30000, 31000);
    run_record(31000, 31200);
    const auto runs = runs_of(needed(60000), 60000, kBlock);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs[0].count, 2U);
    EXPECT_EQ(runs[0].size, 808U);
    EXPECT_FALSE(runs[0].is_fixed);
    EXPECT_TRUE(runs[1].is_fixed);
    const auto before = waste_of({64, 8192}, kBlock) + waste_of({9000, 30000}, kBlock);
    EXPECT_EQ(runs[0].gain, before - waste_of({64, 30000}, kBlock));
}

TEST_F(PackSpace, RecordsThatOverlapAreDamage) {
    content(64, 1000);
    content(900, 2000);
    EXPECT_THROW(needed(5000), Error);
}

TEST_F(PackSpace, RecordsBeyondTheEndAreDamage) {
    content(64, 6000);
    EXPECT_THROW(needed(5000), Error);
}

}  // namespace
}  // namespace kist::repository
