#include "kist/os/limited_process.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>

namespace kist::os {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

LimitedResult shell(const std::string& script, std::chrono::milliseconds time = 60s) {
    return run_limited({.argv = {"sh", "-c", script}, .environment = {"KIST_TEST=its value"}, .time = time});
}

TEST(LimitedProcess, GivesStatusAndOutput) {
    const auto result = shell("echo out; echo err >&2; exit 7");
    EXPECT_EQ(result.ending, Ending::exited);
    EXPECT_EQ(result.status, 7);
    EXPECT_EQ(result.output, "out\nerr\n");
    EXPECT_EQ(shell("kill -TERM $$").status, 128 + SIGTERM);
}

TEST(LimitedProcess, AddsToTheEnvironmentAndBeginsAtTheRoot) {
    setenv("KIST_TEST", "another", 1);
    setenv("KIST_TESTED", "stays", 1);
    EXPECT_EQ(shell("echo $KIST_TEST $KIST_TESTED; env | grep -c ^KIST_TEST=; pwd; cat").output,
              "its value stays\n1\n/\n");
}

TEST(LimitedProcess, KeepsTheBeginningAndTheEndOfALongOutput) {
    const auto result = shell("echo first; seq 100000; echo last");
    EXPECT_THAT(result.output, StartsWith("first\n1\n2\n"));
    EXPECT_THAT(result.output, EndsWith("100000\nlast\n"));
    EXPECT_EQ(result.output.size(), 16u * 1024);
    EXPECT_GT(result.left_out, 500'000u);
}

TEST(LimitedProcess, EndsTheWholeGroupWhenItsTimeIsOver) {
    const test::TemporaryDirectory folder;
    const auto result =
        shell("(trap '' TERM; echo $BASHPID; exec sleep 1000) & echo $! > " + folder / "pid" + "; wait", 50ms);
    EXPECT_EQ(result.ending, Ending::timed_out);
    const auto child = static_cast<pid_t>(std::stol(test::read_file(folder / "pid")));
    for (int i = 0; i < 500 && kill(child, 0) == 0; ++i) {
        std::string state = test::read_file("/proc/" + std::to_string(child) + "/stat");
        if (state.find(") Z ") != std::string::npos) return;
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_NE(kill(child, 0), 0) << "the one that ignores SIGTERM is gone too";
}

TEST(LimitedProcess, LeavesAloneWhatGoesOnAfterASuccess) {
    const auto result = shell("sleep 1000 & echo $!");
    EXPECT_EQ(result.ending, Ending::exited);
    const auto child = static_cast<pid_t>(std::stol(result.output));
    EXPECT_EQ(kill(child, 0), 0) << "and nobody waited for it, although it holds the output open";
    kill(child, SIGKILL);
}

TEST(LimitedProcess, EndsWhenItIsInterrupted) {
    const std::atomic<bool> interrupted = true;
    const auto result = run_limited({.argv = {"sleep", "1000"}, .time = 60s, .interrupted = &interrupted});
    EXPECT_EQ(result.ending, Ending::interrupted);
    EXPECT_EQ(result.status, 128 + SIGTERM);
}

TEST(LimitedProcess, SaysWhatCannotBeStarted) {
    EXPECT_THROW(run_limited({.argv = {"/nowhere/to/be/found"}, .time = 1s}), Error);
}

}  // namespace
}  // namespace kist::os
