#include "kist/block/loop_device.hpp"

#include "kist/base/error.hpp"
#include "kist/block/signature.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace kist::block {
namespace {

class LoopDeviceTest : public testing::Test {
  protected:
    void SetUp() override {
        if (access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
        file_ = folder_.open().open_file_for_writing("image", os::Create::exclusive);
        os::truncate(file_.get(), 1 << 20, path_);
    }

    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "image";
    os::Fd file_;
};

TEST_F(LoopDeviceTest, HasTheBlockSizeAndBypassesThePageCache) {
    const auto loop = LoopDevice::attach(file_.get(), path_, 4096);
    EXPECT_EQ(loop.block_size(), 4096U);
    EXPECT_TRUE(loop.direct());
    EXPECT_EQ(loop_backing_file(loop.path()), path_);
    const auto status = os::status_of(file_.get());
    EXPECT_EQ(loop_devices_of(status.device, status.inode), std::vector<std::string>{loop.path()});
}

TEST_F(LoopDeviceTest, FreesItselfWithItsLastUser) {
    std::string path;
    {
        const auto loop = LoopDevice::attach(file_.get(), path_, 512);
        path = loop.path();
    }
    for (int i = 0; i < 500 && loop_backing_file(path) == path_; ++i) usleep(10000);
    EXPECT_NE(loop_backing_file(path), path_);
    detach_loop(path);
    detach_loop("/dev/loop-none");
}

TEST_F(LoopDeviceTest, RefusesWhatIsNoFile) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const os::Fd first(ends[0]);
    const os::Fd second(ends[1]);
    EXPECT_THROW(LoopDevice::attach(second.get(), "pipe", 4096), Error);
}

TEST(Signature, TellsFilesystemsApartFromNothing) {
    const test::TemporaryDirectory folder;
    const auto file = folder.open().open_file_for_writing("image", os::Create::exclusive);
    os::truncate(file.get(), 4 << 20, "image");
    EXPECT_FALSE(probe(folder / "image").has_value());
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-L", "name", "-U", "01234567-89ab-4def-8123-456789abcdef", folder / "image"})
                  .status,
              0);
    const auto found = probe(folder / "image");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->type, "ext4");
    EXPECT_EQ(found->label, "name");
    EXPECT_EQ(found->uuid, "01234567-89ab-4def-8123-456789abcdef");
    EXPECT_THROW(probe(folder / "absent"), Error);
}

}  // namespace
}  // namespace kist::block
