#include "kist/os/attributes.hpp"

#include "temporary_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

namespace kist::os {
namespace {

TEST(Attributes, ExtendedOnesBecomeExactlyWhatIsWanted) {
    const test::TemporaryDirectory root;
    test::write_file(root / "f", "x");
    if (setxattr((root / "f").c_str(), "user.old", "1", 1, 0) != 0) GTEST_SKIP() << "no extended attributes here";
    const auto directory = root.open();
    const ExtendedAttributes wanted{{"user.big", std::string(3000, 'v')}, {"user.empty", ""}};
    EXPECT_TRUE(set_extended_attributes(directory, "f", wanted).empty());
    EXPECT_EQ(extended_attributes(directory, "f"), wanted);
    const auto fd = directory.open_file("f");
    EXPECT_EQ(extended_attributes(fd.get()), wanted);
}

TEST(Attributes, TimesAndModesOfNamesDoNotTouchWhatASymlinkPointsTo) {
    const test::TemporaryDirectory root;
    test::write_file(root / "f", "x");
    const auto directory = root.open();
    directory.create_symlink("l", "f");
    const auto before = directory.status("f");
    const Timestamp time{std::chrono::nanoseconds{-1'234'567'891}};
    set_mtime(directory, "l", time);
    set_mode(directory, "l", 0);
    EXPECT_EQ(directory.status("l").mtime, time);
    EXPECT_EQ(directory.status("f").mtime, before.mtime);
    EXPECT_EQ(directory.status("f").mode, before.mode);
}

}  // namespace
}  // namespace kist::os
