#include "cli/json_names.hpp"

#include "kist/os/file.hpp"

#include <gtest/gtest.h>

namespace kist::cli {
namespace {

std::string encoded(std::string_view text) {
    return base64(os::as_bytes(text));
}

TEST(Base64, AgreesWithRfc4648) {
    EXPECT_EQ(encoded(""), "");
    EXPECT_EQ(encoded("f"), "Zg==");
    EXPECT_EQ(encoded("fo"), "Zm8=");
    EXPECT_EQ(encoded("foo"), "Zm9v");
    EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
    EXPECT_EQ(encoded("\xff\xfe\xfd"), "//79");
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
    for (const char* good : {"", "a\nb", "é", "€", "😀", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_utf8(good));
    for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "a\xe2\x28\xa1"})
        EXPECT_FALSE(is_utf8(bad));
}

TEST(PutPath, KeepsUtf8AndEncodesTheRest) {
    Json object;
    put_path(object, "path", "a\n\\\x1b");
    EXPECT_EQ(object["path"], "a\n\\\x1b");
    EXPECT_FALSE(object.contains("path_b64"));
    EXPECT_EQ(object.dump(), R"({"path":"a\n\\\u001b"})");

    Json raw;
    put_path(raw, "path", "x\xff");
    EXPECT_EQ(raw["path"], "x\\xff");
    EXPECT_EQ(raw["path_b64"], "eP8=");
}

}  // namespace
}  // namespace kist::cli
