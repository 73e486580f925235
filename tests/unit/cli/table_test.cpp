#include "cli/table.hpp"

#include <gmock/gmock.h>

namespace kist::cli {
namespace {

using testing::ElementsAre;

TEST(Table, AlignsColumns) {
    Table table({{"N", Align::right}, {"NAME"}, {"SIZE", Align::right}});
    table.add({"1", "a", "12 B"});
    table.add({"12", "long name", "3 B"});
    EXPECT_THAT(table.lines(), ElementsAre(" N  NAME       SIZE", " 1  a          12 B", "12  long name   3 B"));
}

TEST(Table, CountsCodePointsAndLeavesNoBlanksAtTheEnd) {
    Table table({{}, {}});
    table.add({"héé", ""});
    table.add({"abcd", "x"});
    EXPECT_THAT(table.lines(), ElementsAre("héé", "abcd  x")) << "no titles: no line for them";
    EXPECT_EQ(display_width("héé"), 3u);
}

}  // namespace
}  // namespace kist::cli
