// Loop devices stand for disks: on them everything is as on real ones, but serials and udev's links.

#include "kist/block/claims.hpp"
#include "kist/block/loop_device.hpp"
#include "kist/block/partition_table.hpp"
#include "kist/luks/preparation.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/process.hpp"
#include "kist/volume/target.hpp"

#include "sandbox.hpp"

#include <optional>

#include <fcntl.h>
#include <sys/mount.h>

namespace kist::volume {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PrepareDisk : public Sandbox {
  protected:
    void SetUp() override {
        Sandbox::SetUp();
        if (IsSkipped()) return;
        attach(300 * kMiB);  // sparse
    }
    void TearDown() override {
        for (const auto& volume : list_open())
            if (volume.container.starts_with(disk())) close(volume);
        if (loop_) os::run({"partx", "-d", disk()});
    }
    void attach(ByteCount size) {
        file_ = folder_.open().open_file_for_writing("disk", os::Create::exclusive);
        os::truncate(file_.get(), size.value, "disk");
        loop_ = block::LoopDevice::attach(file_.get(), folder_ / "disk", 512);
    }
    void attach_again() { loop_ = block::LoopDevice::attach(file_.get(), folder_ / "disk", 512); }
    std::string disk() const { return loop_ ? loop_->path() : "/nowhere"; }
    std::string partition() const { return disk() + "p1"; }
    PrepareOptions on_disk() const {
        auto options = cheap({});
        options.path = disk();
        return options;
    }
    std::string judge_of(const char* name, const std::string& device) const {
        return os::run({"blkid", "-p", "-o", "value", "-s", name, device}).output;
    }

    os::Fd file_;
    std::optional<block::LoopDevice> loop_;
};

TEST_F(PrepareDisk, MakesAPartitionWithLuksAndOpensByDiskOrPartition) {
    bool furnished = false;
    auto options = on_disk();
    options.furnish = [&](const MountedVolume& volume) {
        furnished = true;
        test::write_file(volume.mount_point() + "/hello", "world");
        EXPECT_TRUE(luks::is_in_preparation(partition())) << "not before everything is there";
    };
    auto volume = prepare(options, key_);
    EXPECT_TRUE(furnished);
    EXPECT_EQ(volume.description().container, partition());
    EXPECT_FALSE(luks::is_in_preparation(partition()));
    volume.close();
    EXPECT_THAT(os::run({"sfdisk", "--dump", disk()}).output, HasSubstr("name=\"Kist test\""));
    EXPECT_EQ(judge_of("TYPE", partition()), "crypto_LUKS\n");
    EXPECT_EQ(judge_of("LABEL", partition()), "test\n");
    for (const auto& path : {disk(), partition()}) {
        auto opened = open({path, mount_point()}, key_);
        EXPECT_EQ(test::read_file(opened.mount_point() + "/hello"), "world");
        opened.close();
    }
    EXPECT_EQ(examine_target(disk()).unfinished, "");
}

TEST_F(PrepareDisk, TakesTheWholeDiskOrOnePartitionWhereAsked) {
    auto options = on_disk();
    options.layout = DiskLayout::whole_disk;
    prepare(options, key_).close();
    EXPECT_EQ(judge_of("TYPE", disk()), "crypto_LUKS\n");

    const auto made = block::make_single_partition(block::claim(disk()), disk(), "mine");
    const auto table = os::run({"sfdisk", "--dump", disk()}).output;
    options = on_disk();
    options.path = made.path;
    prepare(options, key_).close();
    EXPECT_EQ(os::run({"sfdisk", "--dump", disk()}).output, table);
    EXPECT_EQ(judge_of("TYPE", made.path), "crypto_LUKS\n");
}

TEST_F(PrepareDisk, RefusesWhatIsFoundUntilTheUserHasAgreed) {
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-F", "-L", "photos", disk()}).status, 0);
    EXPECT_TRUE(examine_target(disk()).holds_something());
    EXPECT_EQ(error_of([&] { prepare(on_disk(), key_); }).code(), ErrorCode::usage);
    EXPECT_EQ(judge_of("LABEL", disk()), "photos\n");
    auto options = on_disk();
    options.found = Found::replace;
    prepare(options, key_).close();
    EXPECT_EQ(judge_of("LABEL", disk()), "");
}

TEST_F(PrepareDisk, NeverTouchesADiskThatTookThePlaceOfTheOneThatWasShown) {
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-F", "-L", "photos", disk()}).status, 0);
    auto options = on_disk();
    options.found = Found::replace;
    options.seen = examine_target(disk()).disk->sequence;
    if (options.seen == 0) GTEST_SKIP() << "this kernel numbers no disks";
    loop_.reset();
    attach_again();
    EXPECT_THAT(error_of([&] { prepare(options, key_); }).message(), HasSubstr("another disk"));
    EXPECT_EQ(judge_of("LABEL", disk()), "photos\n");
}

TEST_F(PrepareDisk, NeverTouchesWhatIsMountedWhateverIsAsked) {
    const auto made = block::make_single_partition(block::claim(disk()), disk(), "mine");
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-F", made.path}).status, 0);
    const auto at = folder_ / "a (b) c";
    std::filesystem::create_directory(at);
    ASSERT_EQ(::mount(made.path.c_str(), at.c_str(), "ext4", 0, nullptr), 0);
    for (const auto& path : {disk(), made.path}) {
        auto options = on_disk();
        options.path = path;
        options.found = Found::replace;
        const auto error = error_of([&] { prepare(options, key_); });
        EXPECT_EQ(error.code(), ErrorCode::busy);
        EXPECT_THAT(error.message(), HasSubstr(made.path + " is mounted at " + at));
    }
    ASSERT_EQ(umount2(at.c_str(), 0), 0);
    EXPECT_EQ(os::run({"e2fsck", "-fn", made.path}).status, 0);
}

TEST_F(PrepareDisk, NeverTouchesAMemberOfAMountedBtrfs) {
    ASSERT_EQ(os::run({"sgdisk", "-n", "1:2048:+140M", "-n", "2:0:0", disk()}).status, 0);
    os::run({"partx", "-a", disk()});
    block::settle(disk());
    const auto second = disk() + "p2";
    ASSERT_EQ(os::run({"mkfs.btrfs", "-q", "-f", "-d", "raid1", "-m", "raid1", partition(), second}).status, 0);
    ASSERT_EQ(::mount(partition().c_str(), mount_point().c_str(), "btrfs", 0, ("device=" + second).c_str()), 0);
    for (const auto& member : {partition(), second})
        EXPECT_THAT(examine_target(member).uses, testing::SizeIs(1)) << member;
    ASSERT_EQ(umount2(mount_point().c_str(), 0), 0);
    EXPECT_THAT(examine_target(second).uses, IsEmpty());
    os::run({"btrfs", "device", "scan", "--forget"});
}

TEST_F(PrepareDisk, NeverTouchesSwapNorWhatCarriesAnotherDevice) {
    ASSERT_EQ(os::run({"mkswap", disk()}).status, 0);
    if (os::run({"swapon", disk()}).status == 0) {
        EXPECT_THAT(examine_target(disk()).uses, ElementsAre(HasSubstr("swap")));
        ASSERT_EQ(os::run({"swapoff", disk()}).status, 0);
    }
    EXPECT_THAT(examine_target(disk()).uses, IsEmpty());
    const os::Fd fd(::open(disk().c_str(), O_RDWR | O_CLOEXEC));
    const auto upper = block::LoopDevice::attach(fd.get(), disk(), 512);
    EXPECT_THAT(examine_target(disk()).uses, ElementsAre(HasSubstr("carries " + upper.path().substr(5))));
}

TEST_F(PrepareDisk, TheRunningSystemIsNamed) {
    const auto root = mount::find_mount("/");
    ASSERT_TRUE(root.has_value());
    if (!block::device_number(root->source)) GTEST_SKIP() << "the root is no disk here: " << root->source;
    EXPECT_THAT(examine_target(root->source).uses, Contains(HasSubstr("mounted at / (the running system)")));
}

TEST_F(PrepareDisk, AnOpenVolumeIsInUse) {
    const auto volume = prepare(on_disk(), key_);
    for (const auto& path : {disk(), partition()})
        EXPECT_THAT(examine_target(path).uses, Contains(HasSubstr(volume.mount_point())));
}

TEST_F(PrepareDisk, EveryInterruptionIsRecognisedAndCanBeBegunAgain) {
    block::make_single_partition(block::claim(disk()), disk(), "Kist test");
    EXPECT_THAT(examine_target(disk()).unfinished, HasSubstr("no LUKS header"));
    const auto opening = error_of([&] { open({partition(), mount_point()}, key_); });
    EXPECT_THAT(opening.message(), HasSubstr("interrupted"));
    EXPECT_THAT(opening.hint(), HasSubstr("kist prepare"));
    luks::Header::format(partition(), {.uuid = random_uuid(), .label = "test", .kdf = cheap().kdf},
                         luks::random_volume_key(), key_);
    EXPECT_THAT(examine_target(disk()).unfinished, HasSubstr("has a LUKS header"));
    EXPECT_THAT(error_of([&] { open({disk(), mount_point()}, key_); }).message(), HasSubstr("interrupted"));
    auto options = on_disk();
    EXPECT_EQ(error_of([&] { prepare(options, key_); }).code(), ErrorCode::usage);
    options.found = Found::replace;
    prepare(options, key_).close();
    EXPECT_EQ(examine_target(disk()).unfinished, "");
}

TEST_F(PrepareDisk, AFailureLeavesTheDiskUnfinished) {
    auto options = on_disk();
    options.furnish = [](const MountedVolume&) { throw Error(ErrorCode::failed, "no room"); };
    EXPECT_EQ(error_of([&] { prepare(options, key_); }).message(), "no room");
    EXPECT_THAT(examine_target(disk()).unfinished, HasSubstr("interrupted"));
    EXPECT_THAT(examine_target(disk()).uses, IsEmpty());
}

TEST_F(PrepareDisk, TooSmallReadOnlyAndSizedDisksAreRefused) {
    auto options = on_disk();
    options.filesystem = mount::FilesystemKind::xfs;
    EXPECT_THAT(error_of([&] { prepare(options, key_); }).hint(), HasSubstr("320 MiB"));
    options = on_disk();
    options.size = 64 * kMiB;
    EXPECT_EQ(error_of([&] { prepare(options, key_); }).code(), ErrorCode::usage);
    ASSERT_EQ(os::run({"blockdev", "--setro", disk()}).status, 0);
    EXPECT_THAT(error_of([&] { prepare(on_disk(), key_); }).message(), HasSubstr("write-protected"));
    ASSERT_EQ(os::run({"blockdev", "--setrw", disk()}).status, 0);
    EXPECT_FALSE(examine_target(disk()).holds_something());
}

TEST_F(PrepareDisk, WithoutSerialTheDeviceNamesItself) {
    EXPECT_THAT(identifiers_of(examine_target(disk())), ElementsAre(disk()));
}

class PrepareFile : public Sandbox {};

TEST_F(PrepareFile, AnInterruptedContainerIsRecognisedAndCanBeBegunAgain) {
    test::write_file(container(), "");
    EXPECT_NE(examine_target(container()).unfinished, "");
    test::write_file(container(), "somebody's own");
    EXPECT_EQ(examine_target(container()).unfinished, "");
    auto options = cheap();
    options.found = Found::replace;
    EXPECT_EQ(error_of([&] { prepare(options, key_); }).code(), ErrorCode::usage);
    EXPECT_EQ(test::read_file(container()), "somebody's own");
    std::filesystem::remove(container());
    luks::Header::format((test::write_file(container(), std::string(32 << 20, '\0')), container()),
                         {.uuid = random_uuid(), .label = "test", .kdf = cheap().kdf}, luks::random_volume_key(), key_);
    EXPECT_THAT(examine_target(container()).unfinished, HasSubstr("LUKS header"));
    EXPECT_EQ(error_of([&] { prepare(cheap(), key_); }).code(), ErrorCode::usage);
    prepare(options, key_).close();
    open(again(), key_).close();
}

TEST_F(PrepareFile, LabelsMayHoldWhatNamesMayHold) {
    auto options = cheap();
    options.label = "a (b) \"c\" 'd'";
    prepare(options, key_).close();
    auto volume = open({container(), ""}, key_);
    EXPECT_EQ(volume.mount_point(), "/run/kist/a (b) \"c\" 'd'");
    EXPECT_EQ(find("a (b) \"c\" 'd'")->container, container());
    volume.close();
    for (const auto* label : {"two\nlines", "", ".hidden", "-option", "a/b", "seventeen bytes.."}) {
        options.label = label;
        EXPECT_EQ(error_of([&] { prepare(options, key_); }).code(), ErrorCode::usage) << label;
    }
}

}  // namespace
}  // namespace kist::volume
