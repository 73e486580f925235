#include "kist/block/partition_table.hpp"

#include "kist/base/error.hpp"
#include "kist/block/claims.hpp"

#include "disk_sandbox.hpp"

namespace kist::block {
namespace {

using testing::HasSubstr;

class PartitionTableTest : public DiskSandbox {
  protected:
    std::string judgement() const { return os::run({"sfdisk", "--dump", disk()}).output; }
    std::string verdict() const { return os::run({"sgdisk", "--verify", disk()}).output; }
};

TEST_F(PartitionTableTest, OnePartitionOverTheWholeDisk) {
    const auto made = make_single_partition(claim(disk()), disk(), "Kist (mine)");
    EXPECT_EQ(made.partition, 1);
    EXPECT_EQ(made.start, kMiB);
    EXPECT_EQ(made.size, kSize - 2 * kMiB) << "aligned at both ends";
    EXPECT_TRUE(device_number(made.path).has_value());
    EXPECT_THAT(judgement(), HasSubstr("label: gpt"));
    EXPECT_THAT(judgement(), HasSubstr("type=" + std::string(kLuksPartitionType)));
    EXPECT_THAT(judgement(), HasSubstr("name=\"Kist (mine)\""));
    EXPECT_THAT(verdict(), HasSubstr("No problems found"));
}

TEST_F(PartitionTableTest, WhatWasThereIsGone) {
    const auto first = make_single_partition(claim(disk()), disk(), "first");
    ASSERT_EQ(os::run({"mkfs.ext4", "-q", "-F", first.path}).status, 0);
    ASSERT_EQ(os::run({"wipefs", "--noheadings", first.path}).output.empty(), false);
    const auto second = make_single_partition(claim(disk()), disk(), "second");
    EXPECT_EQ(os::run({"wipefs", "--noheadings", second.path}).output, "");
    EXPECT_THAT(judgement(), testing::Not(HasSubstr("name=\"first")));
}

TEST_F(PartitionTableTest, LargeSectorsAreCountedAsSuch) {
    attach(kSize, 4096);
    const auto made = make_single_partition(claim(disk()), disk(), "large");
    EXPECT_EQ(made.start, kMiB);
    EXPECT_EQ(made.size, kSize - 2 * kMiB);
    EXPECT_THAT(verdict(), HasSubstr("No problems found"));
}

TEST_F(PartitionTableTest, GrowsToTheEndOfADiskThatHasGrown) {
    const auto made = make_single_partition(claim(disk()), disk(), "grows");
    EXPECT_EQ(grow_to_end(made.path).size, made.size);
    os::truncate(file_.get(), (2 * kSize).value, "disk");
    ASSERT_EQ(os::run({"losetup", "-c", disk()}).status, 0);
    const os::Fd user(open(made.path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));  // as if it were in use
    ASSERT_TRUE(user);
    const auto grown = grow_to_end(made.path);
    EXPECT_EQ(grown.start, made.start);
    EXPECT_EQ(grown.size, 2 * kSize - 2 * kMiB);
    EXPECT_THAT(verdict(), HasSubstr("No problems found"));
}

TEST_F(PartitionTableTest, OnlyTheLastPartitionGrows) {
    ASSERT_EQ(os::run({"sgdisk", "-n", "1:2048:+8M", "-n", "2:0:+8M", disk()}).status, 0);
    os::run({"partx", "-a", disk()});
    settle(disk());
    try {
        grow_to_end(disk() + "p1");
        ADD_FAILURE() << "grown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::usage);
        EXPECT_THAT(error.message(), HasSubstr("p2"));
    }
    EXPECT_EQ(grow_to_end(disk() + "p2").size, kSize - 10 * kMiB);
}

}  // namespace
}  // namespace kist::block
