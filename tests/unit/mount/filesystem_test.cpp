#include "kist/mount/filesystem.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <gmock/gmock.h>

namespace kist::mount {
namespace {

using testing::HasSubstr;

class FilesystemTest : public testing::Test {
  protected:
    FilesystemTest() {
        const auto file = folder_.open().open_file_for_writing("image", os::Create::exclusive);
        os::truncate(file.get(), kSize.value, image_);
        make_filesystem(image_, {.uuid = uuid_, .label = "test", .size = kSize});
    }
    std::string superblock() const { return os::run({"dumpe2fs", "-h", image_}).output; }

    static constexpr ByteCount kSize = 16 * kMiB;
    test::TemporaryDirectory folder_;
    std::string image_ = folder_ / "image";
    Uuid uuid_ = random_uuid();
};

TEST_F(FilesystemTest, IsMadeForBackupsWhateverItsSize) {
    const auto found = superblock();
    for (const auto& line :
         {"Block size:               4096", "Inode size:\t          256", "Reserved block count:     0", "has_journal"})
        EXPECT_THAT(found, testing::HasSubstr(line));
    EXPECT_THAT(found, testing::HasSubstr(to_string(uuid_)));
    EXPECT_EQ(os::run({"e2fsck", "-fn", image_}).status, 0);
}

TEST_F(FilesystemTest, IsRepairedOnlyWhereTheKernelMarkedIt) {
    const auto before = test::read_file(image_);
    repair_if_marked(FilesystemKind::ext4, image_);
    EXPECT_EQ(test::read_file(image_), before);
    ASSERT_EQ(os::run({"debugfs", "-w", "-R", "ssv state 2", image_}).status, 0);
    ASSERT_THAT(superblock(), testing::HasSubstr("with errors"));
    repair_if_marked(FilesystemKind::ext4, image_);
    EXPECT_THAT(superblock(), testing::Not(testing::HasSubstr("with errors")));
}

TEST_F(FilesystemTest, SaysWhyItCannotBeMade) {
    try {
        make_filesystem(folder_ / "absent", {.uuid = uuid_, .label = "test", .size = kSize});
        FAIL() << "made";
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), testing::HasSubstr("absent"));
    }
}

TEST_F(FilesystemTest, Ext4BecomesAsLargeAsIsAskedAndNotSmallerThanWhatItHolds) {
    resize_ext4(image_, 12 * kMiB);
    EXPECT_THAT(superblock(), HasSubstr("Block count:              3072"));
    EXPECT_EQ(os::run({"e2fsck", "-fn", image_}).status, 0);
    try {
        resize_ext4(image_, kMiB);
        FAIL() << "shrunk";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::no_space);
    }
    EXPECT_THAT(superblock(), HasSubstr("Block count:              3072"));
    resize_ext4(image_, kSize);
    EXPECT_THAT(superblock(), HasSubstr("Block count:              4096"));
}

struct Made {
    FilesystemKind kind;
    ByteCount size;
};

class EveryFilesystem : public testing::TestWithParam<Made> {};

TEST_P(EveryFilesystem, IsMadeWithItsUuidAndLabelOnTheSmallestDevice) {
    const test::TemporaryDirectory folder;
    const auto image = folder / "image";
    const auto [kind, size] = GetParam();
    os::truncate(folder.open().open_file_for_writing("image", os::Create::exclusive).get(), size.value, image);
    const auto uuid = random_uuid();
    const std::string label = "a (b) \"c\" $d";
    ASSERT_LE(label.size(), longest_label(FilesystemKind::ext4));
    const auto fitting = label.substr(0, longest_label(kind));
    make_filesystem(image, {.kind = kind, .uuid = uuid, .label = fitting, .size = size});
    const auto value_of = [&](const char* name) {
        return os::run({"blkid", "-p", "-o", "value", "-s", name, image}).output;
    };
    EXPECT_EQ(value_of("TYPE"), to_text(kind) + std::string("\n"));
    EXPECT_EQ(value_of("UUID"), to_string(uuid) + "\n");
    EXPECT_EQ(value_of("LABEL"), fitting + "\n");
    repair_if_marked(kind, image);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryFilesystem,
                         testing::Values(Made{FilesystemKind::ext4, smallest_device(FilesystemKind::ext4)},
                                         Made{FilesystemKind::xfs, smallest_device(FilesystemKind::xfs)},
                                         Made{FilesystemKind::btrfs, smallest_device(FilesystemKind::btrfs)}),
                         [](const auto& made) { return to_text(made.param.kind); });

TEST(FilesystemKind, IsNamedAsMountNamesIt) {
    EXPECT_EQ(parse_filesystem_kind("xfs"), FilesystemKind::xfs);
    EXPECT_FALSE(parse_filesystem_kind("XFS").has_value());
    EXPECT_FALSE(parse_filesystem_kind("ntfs").has_value());
    EXPECT_EQ(shrinking(FilesystemKind::xfs), Shrinking::never);
}

}  // namespace
}  // namespace kist::mount
