#include "cli/columns.hpp"

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Cell> cells(const std::vector<std::string>& texts) {
    std::vector<Cell> made;
    for (const auto& text : texts) made.push_back({text, text});
    return made;
}

TEST(Columns, GoDownAndThenToTheRight) {
    EXPECT_THAT(in_columns(cells({"a", "bb", "c", "d", "eee"}), 11), ElementsAre("a   c  eee", "bb  d"));
    EXPECT_THAT(in_columns(cells({"a", "bb", "c", "d", "eee"}), 80), ElementsAre("a  bb  c  d  eee"));
    EXPECT_THAT(in_columns(cells({"a", "b", "c"}), 4), ElementsAre("a  c", "b"));
}

TEST(Columns, OneEachWhereNoMoreFit) {
    EXPECT_THAT(in_columns(cells({"long name", "b"}), 5), ElementsAre("long name", "b"));
    EXPECT_THAT(in_columns(cells({"a", "b"}), 1), ElementsAre("a", "b"));
    EXPECT_THAT(in_columns({}, 80), IsEmpty());
}

TEST(Columns, WidthsAreThoseOfTheText) {
    EXPECT_THAT(in_columns({{"ä", "<ä>"}, {"b", "b"}, {"c", "c"}}, 4), ElementsAre("<ä>  c", "b"));
}

}  // namespace
}  // namespace kist::cli
