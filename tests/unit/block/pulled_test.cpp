#include "kist/block/pulled.hpp"

#include "kist/block/disk.hpp"
#include "kist/block/loop_device.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kist::block {
namespace {

TEST(Pulled, IsWhatTheKernelDoesNotKnowAnyMore) {
    if (access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
    const test::TemporaryDirectory folder;
    const auto file = folder.open().open_file_for_writing("image", os::Create::exclusive);
    os::truncate(file.get(), 1 << 20, "image");
    const auto loop = LoopDevice::attach(file.get(), folder / "image", 512);
    EXPECT_FALSE(is_pulled(device_number(loop.path()).value_or(0)));
    EXPECT_TRUE(is_pulled(makedev(7, 1048575)));
}

TEST(Pulled, NeverCountsWhereAFilesystemHasNoDevice) {
    EXPECT_FALSE(is_pulled(makedev(0, 42)));
}

}  // namespace
}  // namespace kist::block
