#include "cli/duration.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using namespace std::chrono_literals;

TEST(Duration, GrowsItsUnits) {
    EXPECT_EQ(to_text(0.44s), "0.4 s");
    EXPECT_EQ(to_text(-1.0s), "0.0 s");
    EXPECT_EQ(to_text(59.4s), "59 s");
    EXPECT_EQ(to_text(59.6s), "1 min 00 s");
    EXPECT_EQ(to_text(185s), "3 min 05 s");
    EXPECT_EQ(to_text(2h + 14min), "2 h 14 min");
}

TEST(Age, NamesOneUnit) {
    EXPECT_EQ(age_text(10s), "just now");
    EXPECT_EQ(age_text(-10s), "just now");
    EXPECT_EQ(age_text(1min), "1 minute");
    EXPECT_EQ(age_text(59min), "59 minutes");
    EXPECT_EQ(age_text(47h), "47 hours");
    EXPECT_EQ(age_text(49h), "2 days");
}

TEST(LocalTime, FollowsTheTimeZone) {
    setenv("TZ", "UTC-2", 1);
    tzset();
    EXPECT_EQ(local_time(Timestamp(1795162500s)), "2026-11-20 10:15");
    EXPECT_EQ(local_time(Timestamp(-1ns)), "1970-01-01 01:59") << "before 1970";
    unsetenv("TZ");
    tzset();
}

}  // namespace
}  // namespace kist::cli
