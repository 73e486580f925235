#include "kist/block/disk.hpp"

#include "kist/base/error.hpp"
#include "kist/block/claims.hpp"

#include "disk_sandbox.hpp"

#include <sys/mount.h>

namespace kist::block {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class DiskTest : public DiskSandbox {};

TEST_F(DiskTest, IsDescribedAsTheKernelSeesIt) {
    const auto found = examine_disk(disk());
    EXPECT_EQ(found.whole.path, disk());
    EXPECT_EQ(found.whole.number, device_number(disk()));
    EXPECT_EQ(found.whole.size, kSize);
    EXPECT_EQ(found.transport, "loop");
    EXPECT_EQ(found.sector_size, 512U);
    EXPECT_THAT(found.whole.signatures, IsEmpty());
    EXPECT_THAT(found.partitions, IsEmpty());
    EXPECT_TRUE(is_present(found.whole.number));
}

TEST_F(DiskTest, ShowsEverySignatureNotOnlyOne) {
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-F", "-L", "old data", disk()}).status, 0);
    const os::Fd device(open(disk().c_str(), O_WRONLY | O_CLOEXEC));
    os::write_at(device.get(), 0, os::as_bytes(std::string("LUKS\xba\xbe\0\1", 8)), "disk");  // and a LUKS1 magic
    const auto found = examine_disk(disk()).whole.signatures;
    EXPECT_THAT(found, testing::Contains(Field(&Signature::label, "old data")));
    EXPECT_THAT(found, testing::Contains(Field(&Signature::type, "crypto_LUKS")));
}

TEST_F(DiskTest, WipingLeavesNoSignature) {
    ASSERT_EQ(os::run({"sgdisk", "-n", "1:2048:0", disk()}).status, 0);
    ASSERT_THAT(examine_disk(disk()).whole.signatures, ElementsAre(Field(&Signature::type, "gpt")));
    wipe_signatures(claim(disk()).get(), disk());
    EXPECT_THAT(examine_disk(disk()).whole.signatures, IsEmpty());
    EXPECT_EQ(os::run({"wipefs", "--noheadings", disk()}).output, "");
}

TEST_F(DiskTest, WhatIsMountedCannotBeClaimed) {
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-F", disk()}).status, 0);
    claim(disk());
    const auto at = folder_ / "mnt";
    std::filesystem::create_directory(at);
    ASSERT_EQ(::mount(disk().c_str(), at.c_str(), "ext4", 0, nullptr), 0);
    try {
        claim(disk());
        ADD_FAILURE() << "claimed";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::busy);
    }
    EXPECT_EQ(umount2(at.c_str(), 0), 0);
}

TEST_F(DiskTest, DevicesOnItAreFound) {
    const os::Fd fd(open(disk().c_str(), O_RDWR | O_CLOEXEC));
    EXPECT_THAT(devices_on(*device_number(disk())), IsEmpty());
    const auto upper = LoopDevice::attach(fd.get(), disk(), 512);
    EXPECT_THAT(devices_on(*device_number(disk())), ElementsAre(Field(&Upper::path, upper.path())));
}

TEST_F(DiskTest, AReadOnlyDiskCannotBeClaimed) {
    ASSERT_EQ(os::run({"blockdev", "--setro", disk()}).status, 0);
    EXPECT_TRUE(examine_disk(disk()).whole.read_only);
    ASSERT_EQ(os::run({"blockdev", "--setrw", disk()}).status, 0);
    EXPECT_FALSE(examine_disk(disk()).whole.read_only);
}

TEST(Disk, AFileIsNoneAndAnAbsentOneIsNotFound) {
    const test::TemporaryDirectory folder;
    test::write_file(folder / "file", "x");
    const auto code_of = [](const std::string& path) {
        try {
            examine_disk(path);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::failed;
    };
    EXPECT_EQ(code_of(folder / "file"), ErrorCode::usage);
    EXPECT_EQ(code_of(folder / "absent"), ErrorCode::not_found);
    EXPECT_FALSE(is_present(0));
}

}  // namespace
}  // namespace kist::block
