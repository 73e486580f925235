#include "kist/volume/boot_entry.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"
#include "volume/boot_lines.hpp"
#include "volume/systemd_names.hpp"

#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace kist::volume {
namespace {

using testing::HasSubstr;
using testing::Not;

const Uuid kLuks = *parse_uuid("11111111-2222-4333-8444-555555555555");
const Uuid kOther = *parse_uuid("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
const std::string kCrypttab = "# <target name> <source device> <key file> <options>\n\nroot_crypt UUID=1 none luks";
const std::string kFstab = "# /etc/fstab\ntmpfs\t/tmp\ttmpfs\tdefaults  0 0\n";

ErrorCode code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::failed;
}

class BootEntryTest : public testing::Test {
  protected:
    void write_both() {
        os::replace_small_file(tables_.crypttab, kCrypttab, 0640);
        os::replace_small_file(tables_.fstab, kFstab);
    }
    void expect_original() const {
        EXPECT_EQ(os::read_small_file(tables_.crypttab), kCrypttab);
        EXPECT_EQ(os::read_small_file(tables_.fstab), kFstab);
    }
    ErrorCode code_of_adding(const BootEntry& entry) const {
        return code_of([&] { add_boot_entry(tables_, entry); });
    }

    test::TemporaryDirectory folder_;
    BootTables tables_{folder_.path() + "/crypttab", folder_.path() + "/fstab"};
    BootEntry entry_{.luks = kLuks, .mount_point = "/mnt/backup", .key_file = "", .filesystem = "auto"};
};

TEST_F(BootEntryTest, RemoveGivesBackWhatWasBeforeAdd) {
    write_both();
    EXPECT_EQ(add_boot_entry(tables_, entry_), BootChange::made);
    EXPECT_THAT(os::read_small_file(tables_.crypttab), HasSubstr("UUID=" + to_string(kLuks)));
    EXPECT_EQ(remove_boot_entry(tables_, kLuks), BootChange::made);
    expect_original();
    EXPECT_EQ(remove_boot_entry(tables_, kLuks), BootChange::nothing_to_do);
}

TEST_F(BootEntryTest, SecondAddChangesNothing) {
    write_both();
    entry_.filesystem = "ext4";
    add_boot_entry(tables_, entry_);
    struct stat before {};
    stat(tables_.fstab.c_str(), &before);
    entry_.filesystem = "auto";  // the volume is closed meanwhile
    EXPECT_EQ(add_boot_entry(tables_, entry_), BootChange::nothing_to_do);
    struct stat after {};
    stat(tables_.fstab.c_str(), &after);
    EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(BootEntryTest, MissingTablesAreMadeAndGoAgain) {
    EXPECT_EQ(add_boot_entry(tables_, entry_), BootChange::made);
    EXPECT_TRUE(std::filesystem::exists(tables_.crypttab));
    remove_boot_entry(tables_, kLuks);
    EXPECT_FALSE(std::filesystem::exists(tables_.crypttab));
    EXPECT_FALSE(std::filesystem::exists(tables_.fstab));
}

TEST_F(BootEntryTest, EmptyTableStaysAnEmptyTable) {
    os::replace_small_file(tables_.crypttab, "");
    add_boot_entry(tables_, entry_);
    remove_boot_entry(tables_, kLuks);
    EXPECT_EQ(os::read_small_file(tables_.crypttab), "");
}

TEST_F(BootEntryTest, KeepsModeAttributesAndABackup) {
    write_both();
    ASSERT_EQ(setxattr(tables_.crypttab.c_str(), "user.note", "kept", 4, 0), 0);
    add_boot_entry(tables_, entry_);
    struct stat status {};
    stat(tables_.crypttab.c_str(), &status);
    EXPECT_EQ(status.st_mode & 07777U, 0640U);
    char value[4];
    EXPECT_EQ(getxattr(tables_.crypttab.c_str(), "user.note", value, sizeof value), 4);
    EXPECT_EQ(os::read_small_file(tables_.crypttab + ".kist-backup"), kCrypttab);
    EXPECT_EQ(os::read_small_file(tables_.fstab + ".kist-backup"), kFstab);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 4) << "nothing else is left";
}

TEST_F(BootEntryTest, FollowsATableThatIsASymlink) {
    write_both();
    std::filesystem::create_directory(folder_.path() + "/real");
    std::filesystem::rename(tables_.fstab, folder_.path() + "/real/fstab");
    std::filesystem::create_symlink("real/fstab", tables_.fstab);
    add_boot_entry(tables_, entry_);
    EXPECT_TRUE(std::filesystem::is_symlink(tables_.fstab));
    EXPECT_THAT(os::read_small_file(folder_.path() + "/real/fstab"), HasSubstr("/mnt/backup"));
}

TEST_F(BootEntryTest, RefusesWhatSomebodyElsesLineHas) {
    write_both();
    os::replace_small_file(tables_.fstab, kFstab + "/dev/sdb1 /mnt/backup/ ext4 defaults 0 0\n");
    EXPECT_EQ(code_of_adding(entry_), ErrorCode::usage);
    EXPECT_EQ(os::read_small_file(tables_.crypttab), kCrypttab);
    entry_.mount_point = "/mnt/other";
    os::replace_small_file(tables_.crypttab, "disk UUID=\"11111111-2222-4333-8444-555555555555\" none luks\n");
    EXPECT_EQ(code_of_adding(entry_), ErrorCode::usage);
}

TEST_F(BootEntryTest, TwoVolumesShareTheTablesButNoMountPoint) {
    write_both();
    add_boot_entry(tables_, entry_);
    BootEntry second = entry_;
    second.luks = kOther;
    EXPECT_EQ(code_of_adding(second), ErrorCode::usage);
    second.mount_point = "/mnt/second";
    add_boot_entry(tables_, second);
    ASSERT_EQ(boot_entries(tables_).size(), 2U);
    EXPECT_EQ(boot_entries(tables_)[1].mount_point, "/mnt/second");
    EXPECT_EQ(boot_entries(tables_)[1].mount_unit, "mnt-second.mount");
    remove_boot_entry(tables_, kLuks);
    remove_boot_entry(tables_, kOther);
    expect_original();
}

TEST_F(BootEntryTest, RefusesPathsThatTheTablesCannotHold) {
    write_both();
    for (const std::string path : {"", "relative", "/", "/mnt/", "/mnt/../etc", "/mnt//a", "/a\nb", "/a\tb", "/a\\b",
                                   "/bytes\xff", "/proc/x", "/dev", "/run/kist/label", "/\x1b[31m"}) {
        auto entry = entry_;
        entry.mount_point = path;
        EXPECT_EQ(code_of_adding(entry), ErrorCode::usage) << path;
    }
    for (const std::string path : {"relative", "/etc/my key", "/etc/a:b", "/dev/urandom", "/etc/\"q\"", "/etc/a\\b",
                                   "/mnt/backup/key", "/etc/#k"}) {
        auto entry = entry_;
        entry.key_file = path;
        EXPECT_EQ(code_of_adding(entry), ErrorCode::usage) << path;
    }
    expect_original();
}

TEST_F(BootEntryTest, OddNamesThatTheTablesCanHoldComeBack) {
    for (const std::string path : {"/mnt/a b", "/mnt/it's \"mine\"", "/mnt/50%", "/mnt/(x)", "/mnt/a#b", "/mnt/a,b",
                                   "/mnt/-.-", "/mnt/.hidden", "/mnt/\xc3\xa4"}) {
        write_both();
        entry_.mount_point = path;
        EXPECT_EQ(add_boot_entry(tables_, entry_), BootChange::made) << path;
        ASSERT_EQ(boot_entries(tables_).size(), 1U);
        EXPECT_EQ(boot_entries(tables_)[0].mount_point, path);
        EXPECT_EQ(add_boot_entry(tables_, entry_), BootChange::nothing_to_do);
        remove_boot_entry(tables_, kLuks);
        expect_original();
    }
}

TEST(BootLines, WithoutAKeyNothingStartsByItself) {
    const BootEntry entry{.luks = kLuks, .mount_point = "/mnt/b", .key_file = "", .filesystem = "ext4"};
    EXPECT_EQ(crypttab_line(entry),
              "kist-11111111-2222-4333-8444-555555555555 UUID=11111111-2222-4333-8444-555555555555 none "
              "luks,noauto,nofail,x-systemd.device-timeout=10s");
    EXPECT_EQ(fstab_line(entry),
              "/dev/mapper/kist-11111111-2222-4333-8444-555555555555 /mnt/b ext4 "
              "noauto,nofail,nosuid,nodev,noexec,noatime,errors=remount-ro,x-systemd.device-timeout=5min 0 2");
}

TEST(BootLines, WithAKeyTheDiskStartsTheMountAndNobodyIsAsked) {
    const BootEntry entry{.luks = kLuks, .mount_point = "/mnt/b", .key_file = "/etc/kist/key", .filesystem = "auto"};
    EXPECT_THAT(crypttab_line(entry), HasSubstr(" /etc/kist/key luks,noauto,nofail,"));
    EXPECT_THAT(crypttab_line(entry), HasSubstr(",tries=1,headless=true"));
    EXPECT_THAT(fstab_line(entry), Not(HasSubstr("errors=")));
    EXPECT_THAT(fstab_line(entry),
                HasSubstr(",x-systemd.wanted-by=dev-disk-by\\x2duuid-11111111\\x2d2222\\x2d4333\\x2d8444\\x2d"
                          "555555555555.device 0 2"));
}

TEST(SystemdNames, AreWhatSystemdEscapeSays) {
    for (const std::string path : {"/mnt/a b", "/mnt/it's \"mine\"", "/mnt/50%", "/a-b/c_d", "/.hidden/x",
                                   "/mnt/\xc3\xa4", "/mnt/a:b.c", "/mnt/..x"}) {
        const auto judge = os::run({"systemd-escape", "--path", "--suffix=mount", path});
        if (judge.status != 0) GTEST_SKIP() << "needs systemd-escape";
        EXPECT_EQ(systemd_unit_of_path(path, "mount") + "\n", judge.output);
    }
    EXPECT_EQ(systemd_instance("systemd-cryptsetup", "kist-1", "service"), "systemd-cryptsetup@kist\\x2d1.service");
}

class KeyFileTest : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root, to whom key files belong";
        std::filesystem::create_directories(root_ + "/etc/kist");
        os::replace_small_file(file_, "key", 0400);
        chmod(root_.c_str(), 0755);
    }
    ErrorCode code() const {
        return code_of([&] { require_guarded_key_file(root_, "/etc/kist/key"); });
    }

    test::TemporaryDirectory folder_;
    std::string root_ = folder_.path();
    std::string file_ = root_ + "/etc/kist/key";
};

TEST_F(KeyFileTest, AcceptsOnlyWhatOnlyRootCanTouch) {
    EXPECT_EQ(require_guarded_key_file(root_, "/etc/kist/key"), "/etc/kist/key");
    chmod(file_.c_str(), 0600);
    EXPECT_EQ(require_guarded_key_file(root_, "etc/kist/../kist/key"), "/etc/kist/key");
    for (const mode_t mode : {0640U, 0604U, 0644U, 0700U, 0200U, 04600U}) {
        chmod(file_.c_str(), mode);
        EXPECT_EQ(code(), ErrorCode::usage) << std::oct << mode;
    }
}

TEST_F(KeyFileTest, RefusesForeignOwnersAndOpenFolders) {
    ASSERT_EQ(chown(file_.c_str(), 1000, 0), 0);
    EXPECT_EQ(code(), ErrorCode::usage);
    ASSERT_EQ(chown(file_.c_str(), 0, 0), 0);
    chmod((root_ + "/etc").c_str(), 0775);
    EXPECT_EQ(code(), ErrorCode::usage);
    chmod((root_ + "/etc").c_str(), 0755);
    ASSERT_EQ(chown((root_ + "/etc/kist").c_str(), 1000, 0), 0);
    EXPECT_EQ(code(), ErrorCode::usage);
}

TEST_F(KeyFileTest, RefusesWhatIsNoFileOrEmptyOrElsewhere) {
    EXPECT_EQ(code_of([&] { require_guarded_key_file(root_, "/etc/kist"); }), ErrorCode::usage);
    EXPECT_EQ(code_of([&] { require_guarded_key_file(root_, "/etc/none"); }), ErrorCode::failed);
    os::replace_small_file(file_, "", 0400);
    EXPECT_EQ(code(), ErrorCode::usage);
    std::filesystem::remove(file_);
    std::filesystem::create_symlink("/proc/version", file_);
    EXPECT_EQ(code(), ErrorCode::usage);
}

}  // namespace
}  // namespace kist::volume
