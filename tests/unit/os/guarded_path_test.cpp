#include "kist/os/guarded_path.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <cerrno>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::os {
namespace {

using testing::HasSubstr;

// "" where the path is guarded, else why it is not.
std::string weakness(const std::string& path) {
    try {
        require_guarded(path);
        return "";
    } catch (const Error& error) {
        return error.message();
    }
}

class GuardedPath : public testing::Test {
  protected:
    GuardedPath() {
        if (geteuid() != 0) return;
        std::filesystem::create_directory(folder / "etc");
        test::write_file(file, "x");
        chmod(file.c_str(), 0644);
    }

    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root, to own files and give them away";
    }

    test::TemporaryDirectory folder;
    std::string file = folder / "etc/file";
};

TEST_F(GuardedPath, TakesWhatOnlyRootCanChange) {
    EXPECT_EQ(require_guarded(file), std::filesystem::canonical(file).string());
    EXPECT_EQ(require_guarded(folder / "etc/../etc/./file"), std::filesystem::canonical(file).string());
}

TEST_F(GuardedPath, RefusesWhatOthersOwnOrWrite) {
    chmod(file.c_str(), 0664);
    EXPECT_THAT(weakness(file), HasSubstr("it may be written to by others"));
    chmod(file.c_str(), 0644);
    ASSERT_EQ(chown(file.c_str(), 1000, 0), 0);
    EXPECT_THAT(weakness(file), HasSubstr("it does not belong to root"));
}

TEST_F(GuardedPath, RefusesFoldersInWhichOthersCanExchangeIt) {
    chmod((folder / "etc").c_str(), 0777);
    EXPECT_THAT(weakness(file), HasSubstr("etc may be written to by others"));
    chmod((folder / "etc").c_str(), 01777);
    EXPECT_EQ(weakness(file), "") << "sticky: nobody renames what is root's";
    ASSERT_EQ(chown((folder / "etc").c_str(), 1000, 0), 0);
    EXPECT_THAT(weakness(file), HasSubstr("etc does not belong to root"));
}

TEST_F(GuardedPath, FollowsLinksAndDistrustsThem) {
    std::filesystem::create_symlink(file, folder / "link");
    EXPECT_EQ(require_guarded(folder / "link"), std::filesystem::canonical(file).string());
    std::filesystem::create_directory(folder / "home");
    std::filesystem::create_symlink(file, folder / "home/link");
    std::filesystem::create_symlink("home/link", folder / "over");
    EXPECT_EQ(weakness(folder / "over"), "");
    ASSERT_EQ(lchown((folder / "home/link").c_str(), 1000, 1000), 0);
    EXPECT_THAT(weakness(folder / "over"), HasSubstr("home/link does not belong to root"));
    std::filesystem::create_symlink("round", folder / "round");
    EXPECT_THAT(weakness(folder / "round"), HasSubstr("cannot follow"));
}

TEST_F(GuardedPath, SaysWhatIsNoFile) {
    EXPECT_THAT(weakness(folder / "etc"), HasSubstr("is a folder"));
    EXPECT_THAT(weakness(folder / "etc/file/more"), HasSubstr("cannot look at"));
    ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
    EXPECT_THAT(weakness(folder / "fifo"), HasSubstr("not a regular file"));
    try {
        require_guarded(folder / "etc/missing");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.error_number(), ENOENT);
    }
}

}  // namespace
}  // namespace kist::os
