#include "kist/base/timestamp.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace kist {
namespace {

TEST(Timestamp, PrintsUtcAlsoBefore1970) {
    EXPECT_EQ(to_rfc3339(Timestamp{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(Timestamp{std::chrono::nanoseconds{-1}}), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_rfc3339(Timestamp{std::chrono::seconds{1795161600}}), "2026-11-20T08:00:00Z");
}

TEST(Timestamp, WhatNanosecondsCannotReachIsTheEnd) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(time_at(kMost, 5), time_at(kLastSecond));
    EXPECT_EQ(time_at(-kMost, 5), time_at(-kLastSecond));
    EXPECT_EQ(to_rfc3339(time_at(-kLastSecond, -999'999'999)), "1677-09-21T00:12:44Z");
    EXPECT_EQ(time_at(-1, -5), Timestamp{std::chrono::nanoseconds{-1'000'000'005}});
}

}  // namespace
}  // namespace kist
