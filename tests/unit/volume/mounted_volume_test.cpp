#include "kist/volume/mounted_volume.hpp"

#include "kist/block/loop_device.hpp"
#include "kist/luks/header.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/process.hpp"

#include "sandbox.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

namespace kist::volume {
namespace {

using testing::HasSubstr;

class MountedVolumeTest : public Sandbox {
  protected:
    void expect_nothing_left(const std::string& mounted_at) const {
        EXPECT_FALSE(find(container()).has_value());
        EXPECT_FALSE(mount::find_mount(mounted_at).has_value());
    }
};

TEST_F(MountedVolumeTest, KeepsFilesFromPrepareToTheNextOpen) {
    auto volume = prepare(cheap(), key_);
    test::write_file(volume.mount_point() + "/hello", "world");
    const auto identity = volume.identity();
    EXPECT_EQ(identity.label, "test");
    EXPECT_FALSE(volume.close().engine_had_died);
    EXPECT_TRUE(std::filesystem::is_empty(mount_point()));

    auto reopened = open(again(), key_);
    EXPECT_EQ(reopened.identity(), identity);
    EXPECT_EQ(test::read_file(mount_point() + "/hello"), "world");
    reopened.close();
    EXPECT_FALSE(find(container()).has_value());
}

TEST_F(MountedVolumeTest, IsMountedForItsOwnerAndForDataOnly) {
    auto volume = prepare(cheap(), key_);
    struct statvfs found {};
    ASSERT_EQ(statvfs(volume.mount_point().c_str(), &found), 0);
    EXPECT_EQ(found.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC), unsigned{ST_NOSUID | ST_NODEV | ST_NOEXEC});
    const auto root = volume.root().own_status();
    EXPECT_EQ(root.mode, 0700U);
    EXPECT_TRUE(root.is_mount_root);
    const auto file = os::Directory::open(folder_.path()).status("disk.kist");
    EXPECT_EQ(file.mode, 0600U);
    EXPECT_EQ(file.size, (48 * kMiB).value);
    EXPECT_GE(file.allocated, file.size) << "the container must not run out of space later";
}

TEST_F(MountedVolumeTest, OutlivesTheProcessThatOpenedIt) {
    prepare(cheap(), key_).close();
    const auto child = fork();
    if (child == 0) {
        try {
            open(again(), key_of("correct horse"));
            _exit(0);
        } catch (...) {
            _exit(1);
        }
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    const auto found = find(container());
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->state, VolumeState::open);
    auto volume = MountedVolume::attach(*found);
    test::write_file(volume.mount_point() + "/late", "x");
    volume.close();
    EXPECT_THROW(MountedVolume::attach(*found), Error);
}

TEST_F(MountedVolumeTest, DefaultMountPointIsMadeAndRemoved) {
    auto options = cheap();
    options.label = "kt-" + std::to_string(getpid());
    options.mount_point.clear();
    auto volume = prepare(options, key_);
    const auto path = volume.mount_point();
    EXPECT_EQ(path, "/run/kist/" + options.label);
    volume.close();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(MountedVolumeTest, SecondOpenIsToldWhoHoldsIt) {
    const auto volume = prepare(cheap(), key_);
    const auto error = error_of([&] { open({container(), mount_point("other")}, key_); });
    EXPECT_EQ(error.code(), ErrorCode::busy);
    EXPECT_THAT(error.message(), HasSubstr(volume.mount_point()));
    EXPECT_THAT(error.message(), HasSubstr("process " + std::to_string(volume.description().engine_pid)));
    std::filesystem::create_hard_link(container(), folder_ / "other.kist");
    EXPECT_EQ(error_of([&] { open({folder_ / "other.kist", mount_point("other")}, key_); }).code(), ErrorCode::busy);
    std::filesystem::copy_file(container(), folder_ / "copy.kist");
    EXPECT_EQ(error_of([&] { open({folder_ / "copy.kist", mount_point("other")}, key_); }).code(), ErrorCode::busy);
}

TEST_F(MountedVolumeTest, ContainerBehindSomebodysLoopDeviceIsBusy) {
    prepare(cheap(), key_).close();
    const os::Fd fd(::open(container().c_str(), O_RDWR | O_CLOEXEC));
    const auto loop = block::LoopDevice::attach(fd.get(), container(), 4096);
    const auto error = error_of([&] { open(again(), key_); });
    EXPECT_EQ(error.code(), ErrorCode::busy);
    EXPECT_THAT(error.message(), HasSubstr(loop.path()));
}

TEST_F(MountedVolumeTest, WrongKeyChangesNothing) {
    prepare(cheap(), key_).close();
    const auto before = test::read_file(container());
    const auto error = error_of([&] { open(again(), key_of("wrong")); });
    EXPECT_EQ(error.code(), ErrorCode::no_key);
    EXPECT_EQ(test::read_file(container()), before);
    expect_nothing_left(mount_point());
    open(again(), key_).close();
}

TEST_F(MountedVolumeTest, SaysWhatIsNoVolume) {
    EXPECT_EQ(error_of([&] { open(again(), key_); }).code(), ErrorCode::not_found);
    EXPECT_EQ(error_of([&] { open({folder_.path(), mount_point()}, key_); }).code(), ErrorCode::usage);
    for (const auto size : {0U, 1U, 1U << 20}) {
        test::write_file(container(), std::string(size, 'x'));
        const auto error = error_of([&] { open(again(), key_); });
        EXPECT_EQ(error.code(), ErrorCode::failed);
        EXPECT_THAT(error.message(), HasSubstr("not a Kist volume"));
    }
}

TEST_F(MountedVolumeTest, SaysThatAHeaderOrFilesystemIsDamaged) {
    prepare(cheap(), key_).close();
    const os::Fd fd(::open(container().c_str(), O_RDWR | O_CLOEXEC));
    const auto data = luks::Header::load(container()).layout().data_offset;
    os::write_at(fd.get(), data, std::vector<std::byte>(8192, std::byte{0x55}), container());
    EXPECT_EQ(error_of([&] { open(again(), key_); }).code(), ErrorCode::damaged);
    os::write_at(fd.get(), 0, std::vector<std::byte>(32768 - 512), container());
    EXPECT_EQ(error_of([&] { open(again(), key_); }).code(), ErrorCode::failed);
    os::write_at(fd.get(), 0, os::as_bytes("LUKS\xba\xbe"), container());
    EXPECT_EQ(error_of([&] { open(again(), key_); }).code(), ErrorCode::damaged);
    expect_nothing_left(mount_point());
}

TEST_F(MountedVolumeTest, RefusesMountPointsThatAreNoEmptyFolder) {
    prepare(cheap(), key_).close();
    test::write_file(folder_ / "file", "");
    std::filesystem::create_directories(folder_ / "full/x");
    for (const auto* name : {"file", "full", "absent"}) {
        const auto error = error_of([&] { open({container(), folder_ / name}, key_); });
        EXPECT_EQ(error.code(), ErrorCode::usage) << name;
        EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_EQ(error_of([&] { open({container(), "/"}, key_); }).code(), ErrorCode::usage);
}

TEST_F(MountedVolumeTest, PrepareOverwritesNothingAndLeavesNothingOnFailure) {
    test::write_file(container(), "precious");
    EXPECT_EQ(error_of([&] { prepare(cheap(), key_); }).code(), ErrorCode::usage);
    EXPECT_EQ(test::read_file(container()), "precious");
    std::filesystem::remove(container());

    EXPECT_EQ(error_of([&] { prepare(cheap(31 * kMiB), key_); }).code(), ErrorCode::usage);
    for (const auto* label : {"", "a/b", ".hidden", "-x", "seventeen bytes!!", "new\nline"}) {
        auto options = cheap();
        options.label = label;
        EXPECT_EQ(error_of([&] { prepare(options, key_); }).code(), ErrorCode::usage) << label;
    }
    auto options = cheap();
    options.kdf.memory = ByteCount{1024};  // less than argon2 can do with: fails after the file was made
    EXPECT_THROW(prepare(options, key_), Error);
    EXPECT_FALSE(std::filesystem::exists(container()));
    expect_nothing_left(mount_point());
}

TEST_F(MountedVolumeTest, SmallestVolumeWorks) {
    auto volume = prepare(cheap(smallest_volume(mount::FilesystemKind::ext4)), key_);
    test::write_file(volume.mount_point() + "/f", std::string(1 << 20, 'x'));
    volume.close();
}

TEST_F(MountedVolumeTest, CryptsetupDecryptsItToTheSameFilesystem) {
    auto volume = prepare(cheap(smallest_volume(mount::FilesystemKind::ext4)), key_);
    const std::string content(3 << 20, 'k');
    test::write_file(volume.mount_point() + "/f", content);
    volume.close();
    test::write_file(folder_ / "key", "correct horse");
    const auto decrypted = os::run({"cryptsetup", "reencrypt", "-q", "--force-offline-reencrypt", "--decrypt",
                                    "--header", folder_ / "header", "--key-file", folder_ / "key", container()});
    ASSERT_EQ(decrypted.status, 0) << decrypted.output;
    const auto check = os::run({"e2fsck", "-fn", container()});
    EXPECT_EQ(check.status, 0) << check.output;
    ASSERT_EQ(os::run({"debugfs", "-R", "dump /f " + (folder_ / "f"), container()}).status, 0);
    EXPECT_EQ(test::read_file(folder_ / "f"), content);
}

// A filesystem in memory: little space, and other rules for direct I/O than a disk.
class SmallDisk {
  public:
    SmallDisk(std::string path, const char* options) : path_(std::move(path)) {
        if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, options) != 0) throw std::runtime_error("mount tmpfs");
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() { umount2(path_.c_str(), MNT_DETACH); }

  private:
    std::string path_;
};

TEST_F(MountedVolumeTest, PrepareSaysThatTheDiskIsFull) {
    const SmallDisk disk(mount_point("small"), "size=40m");
    auto options = cheap(48 * kMiB);
    options.path = folder_ / "small/disk.kist";
    EXPECT_EQ(error_of([&] { prepare(options, key_); }).code(), ErrorCode::no_space);
    EXPECT_FALSE(std::filesystem::exists(options.path));
}

TEST_F(MountedVolumeTest, WorksOnAFilesystemInMemory) {
    const SmallDisk disk(mount_point("small"), "size=80m");
    auto options = cheap(48 * kMiB);
    options.path = folder_ / "small/disk.kist";
    auto volume = prepare(options, key_);
    test::write_file(volume.mount_point() + "/f", std::string(8 << 20, 'x'));
    volume.close();
    auto reopened = open({options.path, mount_point()}, key_);
    EXPECT_EQ(test::read_file(reopened.mount_point() + "/f"), std::string(8 << 20, 'x'));
    reopened.close();
}

TEST_F(MountedVolumeTest, AFullVolumeIsAnErrorOfTheWriterOnly) {
    auto volume = prepare(cheap(), key_);
    const os::Fd fd(::open((volume.mount_point() + "/big").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const std::vector<std::byte> block(1 << 20);
    const auto fill = [&] {
        for (std::uint64_t i = 0; i < 64; ++i) os::write_at(fd.get(), i << 20, block, "big");
    };
    EXPECT_EQ(error_of(fill).code(), ErrorCode::no_space);
}

}  // namespace
}  // namespace kist::volume
