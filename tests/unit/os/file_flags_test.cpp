#include "kist/os/file_flags.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>
#include <linux/fs.h>
#include <unistd.h>

namespace kist::os {
namespace {

class FileFlagsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        test::write_file(root / "f", "x");
        file = root.open().open_file("f");
        if (!file_flags(file.get())) GTEST_SKIP() << "no file attributes on this filesystem";
    }
    void TearDown() override {
        if (file) set_file_flags(file.get(), 0);
    }

    const test::TemporaryDirectory root;
    Fd file;
};

TEST_F(FileFlagsTest, BecomeExactlyWhatIsWanted) {
    EXPECT_EQ(file_flags(file.get()), 0U);
    EXPECT_EQ(set_file_flags(file.get(), FS_NODUMP_FL | FS_NOATIME_FL), 0U);
    EXPECT_EQ(file_flags(file.get()), static_cast<FileFlags>(FS_NODUMP_FL | FS_NOATIME_FL));
    EXPECT_TRUE(root.open().status("f").is_no_dump);
    EXPECT_EQ(set_file_flags(file.get(), 0), 0U);
    EXPECT_EQ(file_flags(file.get()), 0U);
}

TEST_F(FileFlagsTest, ThoseThatAreRefusedAreReturnedAndTheOthersSet) {
    const FileFlags wanted = FS_NODUMP_FL | FS_NOCOW_FL | FS_TOPDIR_FL;
    const auto refused = set_file_flags(file.get(), wanted);
    EXPECT_EQ(refused & FS_NODUMP_FL, 0U);
    EXPECT_EQ(*file_flags(file.get()) | refused, wanted);
}

TEST_F(FileFlagsTest, OfASealedFileTheOthersCanBeChanged) {
    if (geteuid() != 0) {
        EXPECT_EQ(set_file_flags(file.get(), FS_IMMUTABLE_FL | FS_NODUMP_FL), static_cast<FileFlags>(FS_IMMUTABLE_FL));
        return;
    }
    if (set_file_flags(file.get(), FS_IMMUTABLE_FL) != 0) GTEST_SKIP() << "not allowed here";
    EXPECT_EQ(set_file_flags(file.get(), FS_IMMUTABLE_FL | FS_NODUMP_FL), 0U);
    EXPECT_EQ(set_file_flags(file.get(), FS_APPEND_FL), 0U);
    EXPECT_EQ(file_flags(file.get()), static_cast<FileFlags>(FS_APPEND_FL));
}

TEST(FileFlags, AreNamedInTheWordsOfChattr) {
    EXPECT_EQ(names_of(FS_IMMUTABLE_FL | FS_APPEND_FL), (std::vector<std::string>{"immutable", "append-only"}));
    EXPECT_TRUE(names_of(FS_EXTENT_FL).empty());
}

}  // namespace
}  // namespace kist::os
