#include "cli/output.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"

#include <array>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace kist::cli {
namespace {

TEST(Output, KnowsThatItsReaderHasGone) {
    signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const os::Fd write_end(ends[1]);
    close(ends[0]);
    Output output(write_end.get());
    output.line("nobody listens");
    EXPECT_THROW(output.flush(), ClosedOutput);
    EXPECT_NO_THROW(output.flush()) << "what could not be written is not kept";
}

TEST(Output, ReportsAFullDisk) {
    const os::Fd full(open("/dev/full", O_WRONLY));
    Output output(full.get());
    EXPECT_THROW(
        {
            for (int i = 0; i < 100000; ++i) output.line("much");
        },
        Error);
}

}  // namespace
}  // namespace kist::cli
