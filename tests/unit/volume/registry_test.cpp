#include "volume/registry.hpp"

#include <gtest/gtest.h>

namespace kist::volume {
namespace {

Record sample() {
    Record record;
    record.identity = {random_uuid(), random_uuid(), "label"};
    record.container = "/tmp/a=b\n\xff/disk";
    record.container_id = {0xfd00, 1234567890123ULL};
    record.mount_point = "/mnt/with space";
    record.made_mount_point = true;
    record.mapping = {"/dev/loop3", "/dev/loop3", {4711, 99999999999ULL}};
    return record;
}

TEST(Registry, RecordsKeepPathsOfAnyBytes) {
    const auto record = sample();
    const auto found = parse_record(serialize(record));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->identity, record.identity);
    EXPECT_EQ(found->container, record.container);
    EXPECT_EQ(found->container_id, record.container_id);
    EXPECT_EQ(found->mount_point, record.mount_point);
    EXPECT_TRUE(found->made_mount_point);
    EXPECT_EQ(found->mapping.process, record.mapping.process);
    EXPECT_EQ(found->mapping.loop, record.mapping.loop);
}

TEST(Registry, TruncatedAndForeignRecordsAreNone) {
    const auto text = serialize(sample());
    for (std::size_t size = 0; size < 80; ++size) EXPECT_FALSE(parse_record(text.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(parse_record("hello").has_value());
    EXPECT_FALSE(parse_record(std::string(100, '\0')).has_value());
}

TEST(Registry, ARecordOfWhatIsNotThereIsJudgedGone) {
    auto record = sample();
    record.mapping.process = {1, 1};  // a living process, but another one
    EXPECT_TRUE(judge(record).is_gone());
}

}  // namespace
}  // namespace kist::volume
