#include "kist/backup/listed_names.hpp"

#include <gtest/gtest.h>

namespace kist::backup {
namespace {

TEST(ListedNames, FoldersOnTheWayAreThereButNotListed) {
    const auto root = tree_of({"a/b/c", "a/d"});
    EXPECT_FALSE(root.is_listed);
    const auto& a = *root.below.at("a");
    EXPECT_FALSE(a.is_listed);
    EXPECT_TRUE(a.below.at("d")->is_listed);
    EXPECT_FALSE(a.below.at("b")->is_listed);
    EXPECT_TRUE(a.below.at("b")->below.at("c")->is_listed);
}

TEST(ListedNames, SlashesAndDotsThatMeanNothingDoNotCount) {
    const auto root = tree_of({"/a//./b/", "./c"});
    EXPECT_EQ(root.below.size(), 2U);
    EXPECT_TRUE(root.below.at("a")->below.at("b")->is_listed);
    EXPECT_TRUE(root.below.at("c")->is_listed);
}

TEST(ListedNames, ADotIsTheSourceItself) {
    for (const auto* name : {".", "/", "./", "./."}) EXPECT_TRUE(tree_of({name, "a"}).is_listed) << name;
}

}  // namespace
}  // namespace kist::backup
