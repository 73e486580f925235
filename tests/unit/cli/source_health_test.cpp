#include "cli/source_health.hpp"

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Timestamp kNow{1795162500s};

repository::Snapshot snapshot(repository::SnapshotNumber number, repository::SourceId source, Timestamp finished) {
    repository::Snapshot result;
    result.number = number;
    result.source = source;
    result.finished = finished;
    return result;
}

TEST(SourceHealth, TakesTheNewestSnapshotOfEachSource) {
    const auto health = source_health({{1, "h", "/z", ""}, {2, "h", "/a", ""}, {3, "h", "/never", ""}},
                                      {snapshot(1, 1, kNow - 48h), snapshot(2, 2, kNow - 24h), snapshot(3, 1, kNow)});
    ASSERT_EQ(health.size(), 2u) << "a source without a snapshot has nothing to tell";
    EXPECT_EQ(health[0].source.path, "/a");
    EXPECT_EQ(health[1].last.number, 3);
    EXPECT_EQ(health[1].snapshots, 2u);
}

TEST(SourceHealth, ComplainsOfAgeAndSkips) {
    SourceHealth health{{1, "h", "/a", ""}, snapshot(1, 1, kNow - kOverdueAfter), 1};
    EXPECT_TRUE(health.good(kNow));
    EXPECT_EQ(complaint(health, kNow), "");
    EXPECT_FALSE(health.good(kNow + 1ns));
    EXPECT_THAT(complaint(health, kNow + 24h), HasSubstr("8 days"));
    health.last.skipped = 2;
    EXPECT_FALSE(health.good(kNow));
    EXPECT_THAT(complaint(health, kNow), HasSubstr("skipped 2"));
}

}  // namespace
}  // namespace kist::cli
