#include "kist/repository/kept_configuration.hpp"

#include "kist/base/error.hpp"

#include "catalog_fixture.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace kist::repository {
namespace {

namespace fs = std::filesystem;

class KeptConfigurationTest : public ::testing::Test {
  protected:
    void keep(const KeptConfiguration& configuration, const char* host = "h") {
        keep_configuration(fixture.repository(), host, configuration);
    }
    KeptConfiguration kept(const char* host = "h") { return kept_configuration(fixture.repository(), host); }
    std::string folder() const { return fixture / ".kist/config/h"; }

    test::CatalogFixture fixture;
    const KeptConfiguration some{{{"/etc/kist/conf.d/a.toml", "a", 0600}, {"/etc/kist/kist.toml", "main", 0644}},
                                 "mount-point /mnt/backup\n",
                                 "the key file /etc/kist/key\n"};
};

TEST_F(KeptConfigurationTest, ComesBackAsItWasAndAsPlainFiles) {
    EXPECT_TRUE(kept().is_empty());
    keep(some);
    EXPECT_EQ(kept(), some);
    EXPECT_TRUE(kept("other").is_empty());
    EXPECT_EQ(os::read_small_file(folder() + "/now/files/etc/kist/kist.toml"), "main");
    EXPECT_EQ(fs::status(folder() + "/now/files/etc/kist/conf.d/a.toml").permissions(), fs::perms{0600});
    EXPECT_EQ(fs::status(folder()).permissions(), fs::perms{0700});
}

TEST_F(KeptConfigurationTest, IsReplacedAsAWholeAndOnlyWhereItChanged) {
    keep(some);
    const auto inode = [&] {
        struct stat status {};
        stat((folder() + "/now").c_str(), &status);
        return status.st_ino;
    };
    const auto before = inode();
    keep(some);
    EXPECT_EQ(inode(), before);
    const KeptConfiguration less{{{"/etc/kist/kist.toml", "changed", 0640}}, "", ""};
    keep(less);
    EXPECT_EQ(kept(), less);
    EXPECT_FALSE(fs::exists(folder() + "/old"));
    EXPECT_FALSE(fs::exists(folder() + "/new"));
}

TEST_F(KeptConfigurationTest, ACrashBetweenTheRenamesLosesNothing) {
    keep(some);
    fs::rename(folder() + "/now", folder() + "/old");
    fs::create_directories(folder() + "/new/files/etc");
    EXPECT_EQ(kept(), some);
    auto changed = some;
    changed.files.front().content = "changed";
    keep(changed);
    EXPECT_EQ(kept(), changed);
}

TEST_F(KeptConfigurationTest, WhatIsNoPlainFileIsPassedOver) {
    keep(some);
    fs::create_symlink("/etc/shadow", folder() + "/now/files/etc/kist/link");
    fs::create_directory_symlink("/etc", folder() + "/now/files/etc/folder");
    test::write_file(folder() + "/now/files/etc/large", std::string((1U << 20U) + 1, 'x'));
    EXPECT_EQ(kept(), some);
    fs::remove_all(folder() + "/now/boot");
    fs::create_symlink("/etc/passwd", folder() + "/now/boot");
    EXPECT_THROW(kept(), Error);
}

TEST_F(KeptConfigurationTest, WhatIsTooLargeIsRefusedAndTheOldStays) {
    keep(some);
    auto large = some;
    large.files.front().content.assign((1U << 20U) + 1, 'x');
    EXPECT_THROW(keep(large), Error);
    EXPECT_EQ(kept(), some);
    const auto lock = fixture.repository().lock_for_writing();
    EXPECT_THROW(keep({}), Error);
    EXPECT_EQ(kept(), some);
}

}  // namespace
}  // namespace kist::repository
