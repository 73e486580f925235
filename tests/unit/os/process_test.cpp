#include "kist/os/process.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace kist::os {
namespace {

TEST(Process, ReturnsStatusAndOutput) {
    const auto result = run({"sh", "-c", "echo out; echo err >&2; exit 7"});
    EXPECT_EQ(result.status, 7);
    EXPECT_EQ(result.output, "out\nerr\n");
    EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).status, 137);
}

TEST(Process, PassesArgumentsUntouched) {
    EXPECT_EQ(run({"printf", "%s", "$HOME; `x` \"y\"\n"}).output, "$HOME; `x` \"y\"\n");
}

TEST(Process, SaysWhatCannotBeStarted) {
    EXPECT_THROW(run({"no-such-program-anywhere"}), Error);
    EXPECT_FALSE(process_name(getpid()).empty());
    EXPECT_EQ(process_name(1 << 30), "");
}

}  // namespace
}  // namespace kist::os
