#pragma once
// A loop device that stands for a disk, without serial or udev. Partitions made on it go with it.

#include "kist/block/loop_device.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <optional>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace kist::block {

class DiskSandbox : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root";
        if (access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
        attach(kSize, 512);
    }
    void TearDown() override {
        if (loop_) os::run({"partx", "-d", loop_->path()});
    }
    void attach(ByteCount size, std::uint32_t sector_size) {
        loop_.reset();
        file_ = folder_.open().open_file_for_writing("disk", os::Create::no);
        os::truncate(file_.get(), size.value, "disk");
        loop_ = LoopDevice::attach(file_.get(), folder_ / "disk", sector_size);
    }
    const std::string& disk() const { return loop_->path(); }

    static constexpr ByteCount kSize = 64 * kMiB;
    test::TemporaryDirectory folder_;
    os::Fd file_ = folder_.open().open_file_for_writing("disk", os::Create::exclusive);
    std::optional<LoopDevice> loop_;
};

}  // namespace kist::block
