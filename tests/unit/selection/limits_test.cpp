#include "kist/selection/limits.hpp"

#include "temporary_directory.hpp"

#include <gtest/gtest.h>

namespace kist::selection {
namespace {

os::FileStatus file(std::uint64_t size, std::chrono::hours mtime) {
    os::FileStatus status;
    status.size = size;
    status.mtime = Timestamp{mtime};
    return status;
}

TEST(Limits, SizesAndAgesAreThoseOfRegularFiles) {
    Boundaries boundaries;
    boundaries.smallest = ByteCount{10};
    boundaries.largest = ByteCount{20};
    boundaries.newer_than = Timestamp{std::chrono::hours{100}};
    boundaries.older_than = Timestamp{std::chrono::hours{200}};
    EXPECT_EQ(limit_of(boundaries, file(10, std::chrono::hours{101})), Limit::none);
    EXPECT_EQ(limit_of(boundaries, file(20, std::chrono::hours{199})), Limit::none);
    EXPECT_EQ(limit_of(boundaries, file(9, std::chrono::hours{150})), Limit::smallest);
    EXPECT_EQ(limit_of(boundaries, file(21, std::chrono::hours{150})), Limit::largest);
    EXPECT_EQ(limit_of(boundaries, file(15, std::chrono::hours{100})), Limit::newer_than);
    EXPECT_EQ(limit_of(boundaries, file(15, std::chrono::hours{200})), Limit::older_than);
    auto folder = file(1, std::chrono::hours{1});
    folder.type = os::FileType::directory;
    EXPECT_EQ(limit_of(boundaries, folder), Limit::none);
}

TEST(Limits, OfAFolderWithATagTheTagIsKept) {
    const test::TemporaryDirectory root;
    const auto directory = root.open();
    const auto holds = [&](std::string_view name) { return directory.find_status(std::string(name)).has_value(); };
    Boundaries boundaries;
    boundaries.tags = {".nobackup", ".skip"};
    EXPECT_EQ(limit_in(boundaries, directory, true, holds).limit, Limit::none);
    test::write_file(root / ".skip", "");
    const auto found = limit_in(boundaries, directory, false, holds);
    EXPECT_EQ(found.limit, Limit::tag);
    EXPECT_EQ(found.kept, ".skip");
    boundaries.one_filesystem = true;
    EXPECT_EQ(limit_in(boundaries, directory, true, holds).limit, Limit::one_filesystem);
}

}  // namespace
}  // namespace kist::selection
