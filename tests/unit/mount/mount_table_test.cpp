#include "kist/mount/mount_table.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/holders.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::mount {
namespace {

TEST(MountTable, ReadsOptionalFieldsAndEscapedNames) {
    const auto entries = parse_mount_table(
        "36 35 98:0 / / rw,noatime shared:1 master:2 - ext4 /dev/root rw\n"
        "40 36 7:3 /sub /mnt/a\\040b\\134c\\012 rw - fuse.kist kist rw\n"
        "\n");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].device, makedev(98, 0));
    EXPECT_EQ(entries[0].type, "ext4");
    EXPECT_EQ(entries[0].source, "/dev/root");
    EXPECT_EQ(entries[1].mount_point, "/mnt/a b\\c\n");
    EXPECT_EQ(entries[1].root, "/sub");
    EXPECT_EQ(entries[1].type, "fuse.kist");
}

TEST(MountTable, SurvivesLinesThatEndEarly) {
    for (const auto* text : {"36", "36 35 98:0", "36 35 98 / /", "1 2 :: / / rw shared:1", "1 2 3:4 / /a\\04"})
        EXPECT_EQ(parse_mount_table(text).size(), 1U) << text;
    EXPECT_TRUE(parse_mount_table("").empty());
}

TEST(MountTable, KnowsTheRoot) {
    EXPECT_TRUE(find_mount("/").has_value());
    EXPECT_FALSE(find_mount("/no/such/mount").has_value());
}

TEST(MountTable, UnmountingWhatIsNotMountedIsSuccess) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    const test::TemporaryDirectory folder;
    unmount(folder.path());
    unmount(folder / "absent");
}

// A mount that stays in use until the test lets go of it, and goes with the test.
class BusyMount {
  public:
    explicit BusyMount(const std::string& path) : path_(path) {
        if (::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=64k") != 0) throw std::runtime_error("mount");
        child_ = fork();
        if (child_ == 0) _exit(chdir(path.c_str()) == 0 && pause() == 0 ? 0 : 1);
        while (holders_of_mount(path).empty()) usleep(1000);
    }
    BusyMount(const BusyMount&) = delete;
    BusyMount& operator=(const BusyMount&) = delete;
    ~BusyMount() {
        leave();
        umount2(path_.c_str(), MNT_DETACH);
    }
    void leave() {
        if (child_ <= 0) return;
        kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
        child_ = 0;
    }
    pid_t child() const { return child_; }

  private:
    std::string path_;
    pid_t child_ = 0;
};

TEST(MountTable, NamesWhoKeepsAMountBusy) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    const test::TemporaryDirectory folder;
    BusyMount busy(folder.path());
    try {
        unmount(folder.path());
        FAIL() << "unmounted under a process";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::busy);
        EXPECT_NE(error.message().find("(process " + std::to_string(busy.child()) + ")"), std::string::npos)
            << error.message();
    }
    busy.leave();
    unmount(folder.path());
    EXPECT_FALSE(find_mount(folder.path()).has_value());
}

TEST(Holders, AreDescribedForPeople) {
    EXPECT_EQ(describe({}), "");
    EXPECT_EQ(describe({{7, "vim"}}), "vim (process 7)");
    EXPECT_EQ(describe({{7, "vim"}, {8, "a\n"}}), "vim (process 7) and a\\x0a (process 8)");
    EXPECT_EQ(describe(std::vector<Holder>(9, {1, "x"})),
              "x (process 1), x (process 1), x (process 1), x (process 1), x (process 1) and 4 more");
}

}  // namespace
}  // namespace kist::mount
