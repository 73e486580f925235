#include "kist/volume/open_volume.hpp"

#include "sandbox.hpp"

#include <algorithm>

namespace kist::volume {
namespace {

using OpenVolumeTest = Sandbox;

TEST_F(OpenVolumeTest, IsFoundByEveryNameItHas) {
    auto options = cheap();
    options.label = "kf-" + std::to_string(getpid());
    auto volume = prepare(options, key_);
    std::filesystem::create_symlink(container(), folder_ / "link");
    const auto luks = to_string(volume.identity().luks);
    for (const auto& name : {container(), folder_ / "link", folder_ / "x/../disk.kist", volume.mount_point(),
                             volume.mount_point() + "/", luks, options.label}) {
        if (name.find("/x/") != std::string::npos) std::filesystem::create_directory(folder_ / "x");
        const auto found = find(name);
        ASSERT_TRUE(found.has_value()) << name;
        EXPECT_EQ(found->identity, volume.identity()) << name;
        EXPECT_EQ(found->container, container());
    }
    for (const auto& name : {folder_.path(), folder_ / "absent", std::string("no-such-label"), std::string()})
        EXPECT_FALSE(find(name).has_value()) << name;
    EXPECT_TRUE(std::ranges::any_of(list_open(), [&](const auto& v) { return v.identity == volume.identity(); }));
    volume.close();
    EXPECT_FALSE(find(luks).has_value());
}

TEST_F(OpenVolumeTest, AnAmbiguousLabelIsAnError) {
    auto options = cheap();
    options.label = "kd-" + std::to_string(getpid());
    auto first = prepare(options, key_);
    options.path = folder_ / "second.kist";
    options.mount_point = mount_point("second");
    auto second = prepare(options, key_);
    const auto error = error_of([&] { find(options.label); });
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_THAT(error.hint(), testing::HasSubstr("second.kist"));
    first.close();
    EXPECT_EQ(find(options.label)->identity, second.identity());
    second.close();
}

TEST_F(OpenVolumeTest, ClosingTwiceIsSuccess) {
    auto volume = prepare(cheap(), key_);
    const auto description = volume.description();
    volume.close();
    EXPECT_FALSE(close(description).engine_had_died);
}

}  // namespace
}  // namespace kist::volume
