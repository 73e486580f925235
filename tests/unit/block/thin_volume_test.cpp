// What is asked of lvm2's programs, which scripts stand in for. tests/vm has the real ones.

#include "kist/block/thin_volume.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <filesystem>
#include <regex>

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

namespace kist::block {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kOwn = "kist-snapshot-11111111-2222-3333-4444-555555555555";

class ThinVolumes : public testing::Test {
  public:
    ThinVolumes() : path_(getenv("PATH")) {
        setenv("PATH", (std::string(folder_.path()) + ":" + path_).c_str(), 1);
        set_use("12.00", "3.00");
        for (const auto* name : {"lvcreate", "lvremove"}) put(name, "");
    }
    ~ThinVolumes() override { setenv("PATH", path_.c_str(), 1); }

  protected:
    // Each call is noted before the script goes on.
    void put(const std::string& name, const std::string& script) {
        const auto path = folder_ / name;
        test::write_file(path, "#!/bin/sh\necho \"" + name + " $*\" >> " + (folder_ / "calls") + "\n" + script);
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }

    void set_use(const std::string& data, const std::string& metadata) {
        put("lvs",
            "case \"$*\" in\n"
            "*segtype*) echo \"  LVM2_VG_NAME='vg' LVM2_LV_NAME='home' LVM2_SEGTYPE='${KIND:-thin}' "
            "LVM2_POOL_LV='pool'\" ;;\n"
            "*origin=*) echo \"  LVM2_LV_NAME='" +
                std::string(kOwn) +
                "'\"; echo \"  LVM2_LV_NAME='kist-snapshot-of-a-person'\"; echo \"  LVM2_LV_NAME='other'\" ;;\n"
                "*) echo \"  LVM2_DATA_PERCENT='" +
                data + "' LVM2_METADATA_PERCENT='" + metadata + "'\" ;;\nesac\n");
    }

    std::vector<std::string> calls(const std::string& program) const {
        std::vector<std::string> found;
        const auto text = os::read_small_file(folder_ / "calls", 1 << 16);
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at);
            if (text.substr(at).starts_with(program)) found.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return found;
    }

    const test::TemporaryDirectory folder_;
    const std::string path_;
    const ThinVolume home_{"vg", "home", "pool"};
};

TEST_F(ThinVolumes, AreToldFromOthers) {
    const auto thin = find_thin_volume("/dev/mapper/vg-home");
    ASSERT_TRUE(thin);
    EXPECT_EQ(thin->group + "/" + thin->name + "/" + thin->pool, "vg/home/pool");
    EXPECT_THAT(calls("lvs").front(), HasSubstr("/dev/mapper/vg-home"));
    put("lvs", "echo \"  LVM2_VG_NAME='vg' LVM2_LV_NAME='home' LVM2_SEGTYPE='linear' LVM2_POOL_LV=''\"");
    EXPECT_FALSE(find_thin_volume("/dev/mapper/vg-home"));
    put("lvs", "");
    EXPECT_FALSE(find_thin_volume("/dev/mapper/vg-home"));
}

TEST_F(ThinVolumes, ASnapshotIsMadeAndRemovedAndSoAreLeftovers) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, for /run/kist";
    {
        const ThinSnapshot snapshot(home_);
        EXPECT_THAT(snapshot.device(), MatchesRegex("/dev/mapper/vg-kist--snapshot--[0-9a-f-]+"));
        EXPECT_THAT(calls("lvcreate"), ElementsAre(MatchesRegex(
                                           "lvcreate --snapshot --name kist-snapshot-[0-9a-f-]+ --setactivationskip y "
                                           "--ignoreactivationskip --permission rw vg/home")));
        EXPECT_THAT(calls("lvremove"), ElementsAre(std::string("lvremove --force --yes vg/") + kOwn))
            << "and nothing that a person has made";
        const ThinSnapshot another(home_);
        EXPECT_EQ(calls("lvremove").size(), 1U) << "what is there now may be the first one's";
    }
    EXPECT_EQ(calls("lvremove").size(), 3U);
}

TEST_F(ThinVolumes, APoolThatIsNearlyFullIsSpared) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, for /run/kist";
    for (const auto& [data, metadata] : {std::pair{"90.00", "1.00"}, {"1.00", "95.5"}, {"", ""}}) {
        set_use(data, metadata);
        try {
            const ThinSnapshot snapshot(home_);
            ADD_FAILURE() << data;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::no_space);
            EXPECT_THAT(error.message(), HasSubstr("vg/pool"));
        }
    }
    EXPECT_TRUE(calls("lvcreate").empty());
    set_use("89.99", "89.99");
    const ThinSnapshot snapshot(home_);
    EXPECT_EQ(calls("lvcreate").size(), 1U);
}

TEST_F(ThinVolumes, WhatLvmSaysOfAFailureIsSaid) {
    put("lvs", "echo '  Volume group \"vg\" not found' >&2; exit 5");
    try {
        find_thin_volume("/dev/mapper/vg-home");
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), HasSubstr("Volume group \"vg\" not found"));
    }
}

TEST_F(ThinVolumes, OtherDevicesAreNoLogicalVolumes) {
    EXPECT_FALSE(find_logical_volume(0));
    EXPECT_FALSE(find_logical_volume(~std::uint64_t{0}));
}

}  // namespace
}  // namespace kist::block
