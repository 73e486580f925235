#include "kist/look/text_difference.hpp"

#include <gtest/gtest.h>

namespace kist::look {
namespace {

TEST(TextDifference, IsUnified) {
    EXPECT_EQ(unified_difference({"a/x", "one\ntwo\n"}, {"b/x", "one\n2\n"}),
              "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    EXPECT_EQ(unified_difference({"a/x", "same"}, {"b/x", "same"}), "");
    EXPECT_EQ(unified_difference({"/dev/null", ""}, {"b/-x", "new\n"}),
              "--- /dev/null\n+++ b/-x\n@@ -0,0 +1 @@\n+new\n");
}

TEST(TextDifference, ANulMakesItBinary) {
    EXPECT_TRUE(is_text("\x01 \xff"));
    EXPECT_TRUE(is_text(""));
    EXPECT_FALSE(is_text(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace kist::look
