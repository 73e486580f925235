#include "cli/moves.hpp"

#include "kist/base/error.hpp"
#include "kist/base/path_pattern.hpp"

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

TEST(Moves, ArePairsOfAbsolutePaths) {
    EXPECT_EQ(parse_move("/home/anna=/home/paul"), (Move{"/home/anna", "/home/paul"}));
    EXPECT_EQ(parse_move("/home//anna/=/srv/./a=b"), (Move{"/home/anna", "/srv/a=b"}));
    EXPECT_EQ(parse_move("/=/old"), (Move{"/", "/old"}));
    for (const auto* text : {"", "/a", "=/b", "/a=", "a=/b", "/a=b", "/a/../b=/c", "/a=/.."})
        EXPECT_THROW(parse_move(text), Error) << text;
}

TEST(Moves, TheNearestOneCounts) {
    const std::vector<Move> moves{{"/home", "/srv/home"}, {"/home/anna", "/home/paul"}, {"/x", "/"}};
    EXPECT_EQ(moved("/home/anna", moves), "/home/paul");
    EXPECT_EQ(moved("/home/anna/a/b", moves), "/home/paul/a/b");
    EXPECT_EQ(moved("/home/annabel", moves), "/srv/home/annabel");
    EXPECT_EQ(moved("/homes", moves), "/homes");
    EXPECT_EQ(moved("/x", moves), "/");
    EXPECT_EQ(moved("/x/y", moves), "/y");
    EXPECT_EQ(moved("/", {{"/", "/old"}}), "/old");
    EXPECT_EQ(moved("/etc", {{"/", "/old"}}), "/old/etc");
    EXPECT_EQ(moved("/etc", {{"/", "/"}}), "/etc");
}

TEST(Moves, APatternMayMatchOnePathAlone) {
    const std::string path = "/a*b/[c]/d\\e?";
    const auto pattern = PathPattern::parse(literal_pattern(path));
    ASSERT_TRUE(pattern);
    EXPECT_TRUE(pattern->matches(path, true));
    EXPECT_FALSE(pattern->matches("/axb/[c]/d\\e?", true));
    EXPECT_FALSE(pattern->matches("/a*b/c/d\\e?", true));
    EXPECT_FALSE(pattern->matches("/x" + path, true));
}

}  // namespace
}  // namespace kist::cli
