#include "cli/progress.hpp"

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using namespace std::chrono_literals;

TEST(ProgressText, ShowsWhatIsKnown) {
    EXPECT_EQ(progress_text({"scanning", 1200, 0, 0, 0}, 0, 80), "scanning: 1200 files");
    EXPECT_EQ(progress_text({"backing up", 3, 9, 5 << 20, 20 << 20}, 5 << 20, 80),
              "backing up: 3 of 9 files, 5.00 MiB of 20.0 MiB, 5.00 MiB/s, 3.0 s left");
    EXPECT_EQ(progress_text({"backing up", 9, 9, 100, 100}, 0, 80), "backing up: 9 of 9 files, 100 B of 100 B, 0 B/s");
}

TEST(ProgressText, FitsTheTerminal) {
    EXPECT_EQ(progress_text({"scanning", 1200, 0, 0, 0}, 0, 10), "scanning: ");
}

TEST(TransferRate, FollowsSlowly) {
    TransferRate rate;
    rate.update(1000, 1s);
    EXPECT_DOUBLE_EQ(rate.bytes_per_second(), 1000);
    rate.update(1000, 1100ms);
    EXPECT_GT(rate.bytes_per_second(), 900) << "one quiet moment is no standstill";
    for (int i = 0; i < 300; ++i) rate.update(1000, 1200ms + i * 100ms);
    EXPECT_LT(rate.bytes_per_second(), 1) << "thirty are";
}

TEST(TransferRate, SurvivesStrangeInput) {
    TransferRate rate;
    rate.update(1000, 0s);
    rate.update(1000, 1s);
    rate.update(10, 2s);
    EXPECT_DOUBLE_EQ(rate.bytes_per_second(), 1000);
}

}  // namespace
}  // namespace kist::cli
