#include "config/deep_keys.hpp"

#include <gtest/gtest.h>

namespace kist::config {
namespace {

constexpr std::size_t kNone = 9999;

std::size_t refused_at(std::string_view toml) {
    return find_deep_key(toml, 1).value_or(kNone);
}

TEST(FindDeepKey, CountsTheDotsOfOneKey) {
    EXPECT_EQ(refused_at("a.b = 1\nd.e = 2\n[g.h]\nx = {a.b = 1, d.e = 2}\n"), kNone);
    EXPECT_EQ(refused_at("a.b.c = 1"), 3u);
    EXPECT_EQ(refused_at("\n[a.\"b\".'c']"), 7u);
    EXPECT_EQ(refused_at("x = [{a.b.c = 1}]"), 9u);
}

TEST(FindDeepKey, PassesOverTextsAndComments) {
    for (const auto* text :
         {"x = 'a.b.c.d'", "x = \"a.b\\\".c.d\"", "# a.b.c.d", "x = 1 # '\ny = 'a.b.c.d'", "x = '''a.b.c\n.d'''",
          "x = \"\"\"a.\nb.c\\\"\"\".d.e\"\"\"", "x = '''a.b''''' # c.d.e", "x = 'ä' # ö", "\xEF\xBB\xBFx = 1"})
        EXPECT_EQ(refused_at(text), kNone) << text;
    EXPECT_EQ(refused_at("x = ['''\n\"''', {a.b.c = 1}]"), 19u) << "no quote hides what follows";
    EXPECT_EQ(refused_at("x = 'open\na.b.c = 1"), 13u);
    EXPECT_EQ(refused_at("x = \""), kNone);
    EXPECT_EQ(refused_at("x = \"\\"), kNone);
    EXPECT_EQ(refused_at("x#"), kNone);
}

}  // namespace
}  // namespace kist::config
