#include "kist/mailproto/certificate.hpp"

#include <gtest/gtest.h>

namespace kist::mailproto {
namespace {

TEST(Fingerprint, IsReadInAllItsForms) {
    Digest digest;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) digest.bytes[i] = static_cast<std::byte>(i * 8);
    const auto text = fingerprint_text(digest);
    EXPECT_TRUE(text.starts_with("SHA256:00:08:10:"));
    EXPECT_EQ(parse_fingerprint(text), digest);
    EXPECT_EQ(parse_fingerprint(text.substr(7)), digest);
    EXPECT_EQ(parse_fingerprint("sha256:" + to_hex(digest)), digest);
    EXPECT_EQ(parse_fingerprint(to_hex(digest)), digest);
}

TEST(Fingerprint, IsNothingElse) {
    const auto digits = std::string(64, 'a');
    for (const std::string& text : {std::string(), digits.substr(1), digits + "a", digits + ":", ":" + digits,
                                    "SHA1:" + digits, std::string(64, 'g'), "SHA256:SHA256:" + digits, "a" + digits})
        EXPECT_FALSE(parse_fingerprint(text)) << text;
}

}  // namespace
}  // namespace kist::mailproto
