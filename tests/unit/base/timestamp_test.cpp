#include "kist/base/timestamp.hpp"

#include <gtest/gtest.h>

namespace kist {
namespace {

TEST(Timestamp, PrintsUtcAlsoBefore1970) {
    EXPECT_EQ(to_rfc3339(Timestamp{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(Timestamp{std::chrono::nanoseconds{-1}}), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_rfc3339(Timestamp{std::chrono::seconds{1795161600}}), "2026-11-20T08:00:00Z");
}

}  // namespace
}  // namespace kist
