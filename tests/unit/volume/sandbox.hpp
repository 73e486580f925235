#pragma once
// What tests of whole volumes need: root, FUSE, loop devices, a folder of their own on a real disk, and nothing left
// mounted whatever the test does.

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/volume/mounted_volume.hpp"
#include "kist/volume/prepare.hpp"

#include "temporary_directory.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace kist::volume {

inline Secret key_of(const std::string& text) {
    return Secret::copy_of(os::as_bytes(text));
}

class Sandbox : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root";
        if (access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/fuse";
        if (access("/dev/loop-control", R_OK | W_OK) != 0) GTEST_SKIP() << "needs loop devices";
    }
    void TearDown() override {
        if (geteuid() != 0) return;
        for (const auto& volume : list_open())
            if (volume.container.starts_with(folder_.path())) close(volume);
    }

    std::string container() const { return folder_ / "disk.kist"; }
    std::string mount_point(const std::string& name = "mnt") const {
        std::filesystem::create_directory(folder_ / name);
        return folder_ / name;
    }
    PrepareOptions cheap(ByteCount size = 48 * kMiB) const {
        return {.path = container(),
                .size = size,
                .label = "test",
                .kdf = {.memory = 32 * kKiB, .iterations = 4},
                .mount_point = mount_point()};
    }
    OpenOptions again() const { return {container(), mount_point()}; }

    test::TemporaryDirectory folder_;
    Secret key_ = key_of("correct horse");
};

// The error that `action` throws. Throwing nothing fails the test.
template <typename Action>
Error error_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorCode::failed, ""};
}

}  // namespace kist::volume
