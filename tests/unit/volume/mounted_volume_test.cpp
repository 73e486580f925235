#include "kist/volume/mounted_volume.hpp"

#include "sandbox.hpp"

namespace kist::volume {
namespace {

using MountedVolumeTest = Sandbox;

TEST_F(MountedVolumeTest, KeepsFilesFromPrepareToTheNextOpen) {
    auto volume = prepare(cheap(), key_);
    test::write_file(volume.mount_point() + "/hello", "world");
    const auto identity = volume.identity();
    EXPECT_FALSE(volume.close().engine_had_died);
    EXPECT_TRUE(std::filesystem::is_empty(mount_point()));

    auto reopened = open(again(), key_);
    EXPECT_EQ(reopened.identity(), identity);
    EXPECT_EQ(test::read_file(mount_point() + "/hello"), "world");
    reopened.close();
    EXPECT_FALSE(find(container()).has_value());
}

}  // namespace
}  // namespace kist::volume
