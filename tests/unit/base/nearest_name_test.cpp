#include "kist/base/nearest_name.hpp"

#include <gtest/gtest.h>

namespace kist {
namespace {

TEST(EditDistance, CountsSingleEdits) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("abc", ""), 3u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("list", "list"), 0u);
    EXPECT_EQ(edit_distance("lst", "list"), 1u);
    EXPECT_EQ(edit_distance("lisst", "list"), 1u);
    EXPECT_EQ(edit_distance("lust", "list"), 1u);
    EXPECT_EQ(edit_distance("lsit", "list"), 1u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(NearestName, FindsTypingErrors) {
    const std::vector<std::string> names{"backup", "restore", "status", "--json", "--key-file"};
    EXPECT_EQ(nearest_name("bakcup", names), "backup");
    EXPECT_EQ(nearest_name("restor", names), "restore");
    EXPECT_EQ(nearest_name("--keyfile", names), "--key-file");
    EXPECT_EQ(nearest_name("--jsno", names), "--json");
    EXPECT_EQ(nearest_name("--key", names), "--key-file") << "a beginning is near";
}

TEST(NearestName, StaysSilentWhereNothingIsLikeIt) {
    const std::vector<std::string> names{"backup", "--json"};
    EXPECT_EQ(nearest_name("frobnicate", names), std::nullopt);
    EXPECT_EQ(nearest_name("--version", names), std::nullopt) << "dashes are no likeness";
    EXPECT_EQ(nearest_name("", names), std::nullopt);
    EXPECT_EQ(nearest_name(std::string(100000, 'b'), names), std::nullopt);
}

}  // namespace
}  // namespace kist
