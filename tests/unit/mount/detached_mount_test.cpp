#include "kist/mount/detached_mount.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace kist::mount {
namespace {

TEST(DetachedMount, IsSeenByItsHolderAlone) {
    if (access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
    const test::TemporaryDirectory folder;
    std::filesystem::create_directories(folder / "tree/below");
    test::write_file(folder / "tree/below/file", "content");
    test::write_file(folder / "image", "");
    std::filesystem::resize_file(folder / "image", 4 << 20);
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-d", folder / "tree", folder / "image"}).status, 0);
    auto device = os::run({"losetup", "--find", "--show", folder / "image"}).output;
    ASSERT_TRUE(device.starts_with("/dev/loop")) << device;
    device.pop_back();
    {
        const auto root = mount_detached(device, "ext4");
        const auto below = root.open_below("below");
        EXPECT_EQ(os::read_small_file("/proc/self/fd/" + std::to_string(below.fd()) + "/file", 100), "content");
        EXPECT_THROW(below.create_directory("new"), Error);
        const auto table = mount_table();
        EXPECT_EQ(std::ranges::find(table, root.own_status().device, &MountEntry::device), table.end());
    }
    EXPECT_TRUE(os::Fd(open(device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC))) << "it ended with the last descriptor";
    EXPECT_THROW(mount_detached(device, "xfs"), Error);
    EXPECT_EQ(os::run({"losetup", "--detach", device}).status, 0);
}

}  // namespace
}  // namespace kist::mount
