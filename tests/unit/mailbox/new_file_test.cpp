#include "mailbox/new_file.hpp"

#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace kist::mailbox {
namespace {

class NewFileTest : public ::testing::Test {
  protected:
    Placed place(std::string_view text, const std::string& name = "name") {
        return place_file(directory, name, os::as_bytes(text), time_at(1'000'000'000), directory);
    }
    std::string read(const std::string& name = "name") const { return os::read_small_file(folder / name); }

    test::TemporaryDirectory folder;
    os::Directory directory = folder.open();
};

TEST_F(NewFileTest, AppearsWithItsDateAndForNobodyElse) {
    EXPECT_EQ(place("text"), Placed::made);
    EXPECT_EQ(read(), "text");
    const auto status = directory.status("name");
    EXPECT_EQ(status.mtime, time_at(1'000'000'000));
    EXPECT_EQ(status.mode, 0600U);
    EXPECT_EQ(directory.entries().size(), 1U);
}

TEST_F(NewFileTest, LeavesWhatIsThereAsItIs) {
    test::write_file(folder / "name", "text");
    EXPECT_EQ(place("text"), Placed::was_there);
    for (const char* other : {"tex", "text2", "Text", ""}) EXPECT_EQ(place(other), Placed::in_the_way) << other;
    EXPECT_EQ(read(), "text");
    EXPECT_NE(directory.status("name").mtime, time_at(1'000'000'000));
    directory.create_directory("folder");
    EXPECT_EQ(place("text", "folder"), Placed::in_the_way);
    EXPECT_EQ(directory.entries().size(), 2U);
}

TEST_F(NewFileTest, FollowsNoLink) {
    std::filesystem::create_symlink(folder / "elsewhere", folder / "name");
    EXPECT_EQ(place("text"), Placed::in_the_way);
    test::write_file(folder / "elsewhere", "text");
    EXPECT_EQ(place("text"), Placed::in_the_way);
    EXPECT_EQ(read("elsewhere"), "text");
}

TEST_F(NewFileTest, TakesThePlaceOfWhatAKilledOneLeft) {
    {
        NewFile unfinished(directory, "name", directory);
        unfinished.append(os::as_bytes("half"));
        const auto left = directory.entries();
        ASSERT_EQ(left.size(), 1U);
        std::filesystem::copy_file(folder / left.front().name, folder / "copy");
        std::filesystem::rename(folder / "copy", folder / "kept");
    }
    EXPECT_EQ(directory.entries().size(), 1U);  // "kept": the unfinished one is gone
    std::filesystem::create_symlink(folder / "kept", folder / ".kist-export-unfinished");
    EXPECT_EQ(place("whole"), Placed::made);
    EXPECT_EQ(read("kept"), "half");
    EXPECT_EQ(read(), "whole");
    EXPECT_FALSE(directory.find_status(".kist-export-unfinished"));
}

TEST_F(NewFileTest, ComparesInPieces) {
    const std::string large(3'000'000, 'x');
    EXPECT_EQ(place(large), Placed::made);
    NewFile again(directory, "name", directory);
    for (int piece = 0; piece < 3; ++piece) again.append(os::as_bytes(std::string_view(large).substr(0, 1'000'000)));
    EXPECT_EQ(again.finish(std::nullopt), Placed::was_there);
    auto other = large;
    other[2'999'999] = 'y';
    EXPECT_EQ(place(other), Placed::in_the_way);
}

}  // namespace
}  // namespace kist::mailbox
