#include "kist/mount/ext4.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include "temporary_directory.hpp"

#include <gmock/gmock.h>

namespace kist::mount {
namespace {

class Ext4Test : public testing::Test {
  protected:
    Ext4Test() {
        const auto file = folder_.open().open_file_for_writing("image", os::Create::exclusive);
        os::truncate(file.get(), kSize.value, image_);
        make_ext4(image_, {.uuid = uuid_, .label = "test", .size = kSize});
    }
    std::string superblock() const { return os::run({"dumpe2fs", "-h", image_}).output; }

    static constexpr ByteCount kSize = 16 * kMiB;
    test::TemporaryDirectory folder_;
    std::string image_ = folder_ / "image";
    Uuid uuid_ = random_uuid();
};

TEST_F(Ext4Test, IsMadeForBackupsWhateverItsSize) {
    const auto found = superblock();
    for (const auto& line :
         {"Block size:               4096", "Inode size:\t          256", "Reserved block count:     0", "has_journal"})
        EXPECT_THAT(found, testing::HasSubstr(line));
    EXPECT_THAT(found, testing::HasSubstr(to_string(uuid_)));
    EXPECT_EQ(os::run({"e2fsck", "-fn", image_}).status, 0);
}

TEST_F(Ext4Test, IsRepairedOnlyWhereTheKernelMarkedIt) {
    const auto before = test::read_file(image_);
    repair_ext4_if_marked(image_);
    EXPECT_EQ(test::read_file(image_), before);
    ASSERT_EQ(os::run({"debugfs", "-w", "-R", "ssv state 2", image_}).status, 0);
    ASSERT_THAT(superblock(), testing::HasSubstr("with errors"));
    repair_ext4_if_marked(image_);
    EXPECT_THAT(superblock(), testing::Not(testing::HasSubstr("with errors")));
}

TEST_F(Ext4Test, SaysWhyItCannotBeMade) {
    try {
        make_ext4(folder_ / "absent", {.uuid = uuid_, .label = "test", .size = kSize});
        FAIL() << "made";
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), testing::HasSubstr("absent"));
    }
}

}  // namespace
}  // namespace kist::mount
