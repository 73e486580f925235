#include "kist/os/rooted_path.hpp"

#include "kist/base/error.hpp"

#include "temporary_directory.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace kist::os {
namespace {

namespace fs = std::filesystem;

class RootedPath : public testing::Test {
  protected:
    RootedPath() {
        fs::create_directories(root + "/data/home/anna");
        fs::create_directories(top / "outside");
    }
    std::string below(const std::string& path) const { return path_below_root(root, path); }

    test::TemporaryDirectory top;
    const std::string root = top / "root";
};

TEST_F(RootedPath, IsBelowTheRootWhetherItExistsOrNot) {
    EXPECT_EQ(below("/"), root);
    EXPECT_EQ(below("/data/home"), root + "/data/home");
    EXPECT_EQ(below("/data/home/bert/x/y"), root + "/data/home/bert/x/y");
    EXPECT_EQ(below("/srv//new/"), root + "/srv/new");
    EXPECT_EQ(path_below_root("/", "/no-such-folder-of-kist/x"), "/no-such-folder-of-kist/x");
}

TEST_F(RootedPath, LinksLeadToWhereTheyWouldInThatSystem) {
    fs::create_symlink("/data/home", root + "/home");
    fs::create_symlink("../../../../../data", root + "/data/up");
    fs::create_symlink(top / "outside", root + "/out");
    EXPECT_EQ(below("/home/anna"), root + "/data/home/anna");
    EXPECT_EQ(below("/home/new"), root + "/data/home/new");
    EXPECT_EQ(below("/data/up/home"), root + "/data/home");
    EXPECT_THROW(below("/out"), Error) << "it does not exist there";
    EXPECT_THROW(below("/out/x"), Error);
}

TEST_F(RootedPath, WhatCannotBeAFolderIsAnError) {
    test::write_file(root + "/file", "");
    fs::create_symlink("loop", root + "/loop");
    EXPECT_THROW(below("/file/x"), Error);
    EXPECT_THROW(below("/loop/x"), Error);
    EXPECT_THROW(path_below_root(top / "nowhere", "/x"), Error);
}

}  // namespace
}  // namespace kist::os
