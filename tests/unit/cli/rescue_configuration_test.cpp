#include "cli/rescue_configuration.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

namespace fs = std::filesystem;

class PlaceFile : public ::testing::Test {
  protected:
    std::string folder() const { return top / "etc/kist"; }
    repository::KeptFile file(const std::string& name, const std::string& content, std::uint32_t mode = 0644) const {
        return {folder() + "/" + name, content, mode};
    }
    Placed place(const repository::KeptFile& file) {
        return place_file("", folder(), file, [&] { ++announced; });
    }

    int announced = 0;
    test::TemporaryDirectory top;
};

TEST_F(PlaceFile, MakesWhatIsMissing) {
    const auto placed = place(file("conf.d/a.toml", "a", 0666));
    EXPECT_EQ(placed.placing, Placing::made);
    EXPECT_EQ(placed.path, folder() + "/conf.d/a.toml");
    EXPECT_EQ(os::read_small_file(placed.path), "a");
    EXPECT_EQ(fs::status(placed.path).permissions(), fs::perms{0644});
    EXPECT_EQ(announced, 1);
    EXPECT_EQ(place(file("conf.d/a.toml", "a")).placing, Placing::is_there);
    EXPECT_EQ(announced, 1);
}

TEST_F(PlaceFile, ReplacesNothing) {
    place(file("kist.toml", "mine"));
    const auto second = place(file("kist.toml", "kept"));
    EXPECT_EQ(second.placing, Placing::beside);
    EXPECT_EQ(second.path, folder() + "/kist.toml.rescued");
    EXPECT_EQ(place(file("kist.toml", "another")).path, folder() + "/kist.toml.rescued-2");
    EXPECT_EQ(place(file("kist.toml", "kept")).placing, Placing::is_there);
    EXPECT_EQ(os::read_small_file(folder() + "/kist.toml"), "mine");
    for (int i = 0; i < 20; ++i) place(file("kist.toml", "number " + std::to_string(i)));
    EXPECT_EQ(place(file("kist.toml", "one too many")).placing, Placing::refused);
}

TEST_F(PlaceFile, LeavesTheFolderNowhere) {
    EXPECT_EQ(place({top / "etc/passwd", "root::0:0:::", 0644}).placing, Placing::refused);
    EXPECT_EQ(place({folder() + "x/kist.toml", "", 0644}).placing, Placing::refused);
    EXPECT_EQ(place_file("", "", file("kist.toml", ""), [] {}).placing, Placing::refused);
    EXPECT_THROW(place(file("../passwd", "root::0:0:::")), Error);
    fs::create_directories(folder());
    fs::create_directory(top / "elsewhere");
    fs::create_directory_symlink(top / "elsewhere", folder() + "/conf.d");
    EXPECT_THROW(place(file("conf.d/a.toml", "a")), Error);
    fs::create_symlink(top / "elsewhere/b", folder() + "/kist.toml");
    EXPECT_EQ(place(file("kist.toml", "b")).placing, Placing::beside);
    EXPECT_TRUE(fs::is_empty(top / "elsewhere"));
}

}  // namespace
}  // namespace kist::cli
