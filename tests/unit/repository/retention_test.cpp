#include "kist/repository/retention.hpp"

#include "kist/repository/snapshot_name.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

namespace kist::repository {
namespace {

class Retention : public testing::Test {
  protected:
    Retention() {
        setenv("TZ", "Europe/Berlin", 1);
        tzset();
    }

    void add(const char* time, std::uint64_t skipped = 0) {
        Snapshot snapshot;
        snapshot.number = static_cast<SnapshotNumber>(snapshots_.size()) + 1;
        snapshot.time = *parse_time(time, {});
        snapshot.skipped = skipped;
        snapshots_.push_back(snapshot);
    }

    // As "2:daily 5:daily,last".
    std::string kept(const RetentionPolicy& policy) const {
        std::string text;
        for (const auto& verdict : judge(policy, snapshots_)) {
            if (!verdict.is_kept()) continue;
            text += (text.empty() ? "" : " ") + std::to_string(verdict.snapshot.number) + ":";
            for (std::size_t i = 0; i < verdict.reasons.size(); ++i) text += (i == 0 ? "" : ",") + verdict.reasons[i];
        }
        return text;
    }

    std::vector<Snapshot> snapshots_;
};

TEST_F(Retention, KeepsTheNewestOfEachDay) {
    for (const char* time :
         {"2026-03-01 08:00", "2026-03-01 20:00", "2026-03-02 08:00", "2026-03-03 07:00", "2026-03-03 08:00"})
        add(time);
    EXPECT_EQ(kept({.daily = 2}), "3:daily 5:daily");
    EXPECT_EQ(kept({.daily = 3}), "2:daily 3:daily 5:daily");
    EXPECT_EQ(kept({.last = 1}), "5:last");
    EXPECT_EQ(kept({.last = 2, .daily = 1}), "4:last 5:last,daily");
}

TEST_F(Retention, KeepsTheOldestWhileARuleHasNotKeptEnough) {
    add("2025-02-01 08:00");
    add("2025-06-01 08:00");
    add("2026-03-01 08:00");
    EXPECT_EQ(kept({.yearly = 5}), "1:oldest for yearly 2:yearly 3:yearly");
    EXPECT_EQ(kept({.yearly = 2}), "2:yearly 3:yearly");
}

TEST_F(Retention, DaysAreThoseOfTheTimeZone) {
    add("2026-01-10T22:30:00Z");  // 23:30 in Berlin
    add("2026-01-10T23:30:00Z");  // the next day there
    add("2026-01-11T22:30:00Z");
    EXPECT_EQ(kept({.daily = 2}), "1:daily 3:daily");
}

TEST_F(Retention, AnHourThatOccursTwiceIsTwo) {
    add("2026-10-25T00:30:00Z");  // 02:30 summer time
    add("2026-10-25T01:30:00Z");  // 02:30 winter time
    EXPECT_EQ(kept({.hourly = 2}), "1:hourly 2:hourly");
}

TEST_F(Retention, WeeksBeginOnMondayAlsoAcrossTheYear) {
    add("2025-12-29 08:00");  // Monday of week 1 of 2026
    add("2026-01-04 08:00");  // its Sunday
    add("2026-01-05 08:00");
    EXPECT_EQ(kept({.weekly = 2}), "2:weekly 3:weekly");
}

TEST_F(Retention, WithinCountsFromTheNewest) {
    for (const char* time : {"2026-02-27 08:00", "2026-02-28 08:00", "2026-03-30 08:00", "2026-03-31 08:00"}) add(time);
    EXPECT_EQ(kept({.within = parse_calendar_span("1m")}), "2:within 3:within 4:within");
    EXPECT_EQ(kept({.within = parse_calendar_span("1d")}), "3:within 4:within");
    EXPECT_EQ(kept({.within = parse_calendar_span("23h")}), "4:within");
    EXPECT_EQ(kept({.within = parse_calendar_span("1000y")}), "1:within 2:within 3:within 4:within");
}

TEST_F(Retention, KeepsWhatHasOneOfTheTags) {
    for (const char* time : {"2026-02-27 08:00", "2026-02-28 08:00", "2026-03-30 08:00", "2026-03-31 08:00"}) add(time);
    snapshots_[0].tags = {"before-upgrade", "yearly"};
    snapshots_[1].tags = {"before"};
    snapshots_[2].tags = {"other"};
    EXPECT_EQ(kept({.tags = {"before-upgrade", "other"}}), "1:tag before-upgrade 3:tag other 4:newest");
    EXPECT_EQ(kept({.last = 1, .tags = {"none"}}), "4:last");
}

TEST_F(Retention, NeverTakesTheNewestOrTheOnlyWholeOne) {
    add("2026-03-01 08:00");
    add("2026-03-02 08:00");
    add("2026-03-03 08:00", 2);
    EXPECT_EQ(kept({.last = 1}), "2:newest that skipped nothing 3:last");
    EXPECT_EQ(kept({}), "2:newest that skipped nothing 3:newest");
    EXPECT_TRUE(judge({.last = 1}, {}).empty());
}

TEST_F(Retention, SpansAreUnderstoodOrRefused) {
    EXPECT_EQ(parse_calendar_span("1y6m")->months, 6);
    EXPECT_EQ(parse_calendar_span("2w3d")->days, 17);
    EXPECT_EQ(parse_calendar_span("36h")->hours, 36);
    for (const char* text : {"", "d", "5", "-1d", "1x", "1 d", "999999999999d", "2000y"})
        EXPECT_FALSE(parse_calendar_span(text)) << text;
}

}  // namespace
}  // namespace kist::repository
