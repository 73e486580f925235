#include "cli/passphrase_strength.hpp"

#include "kist/os/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Secret passphrase(const char* text) {
    return Secret::copy_of(os::as_bytes(text));
}

TEST(PassphraseStrength, RemarksOnShortAndRegularOnes) {
    for (const auto* weak : {"a", "hunter2", "correct horse", "abcdefghijklmnopqrstuvwxyz", "11111111111111111111"})
        EXPECT_THAT(remark_on_strength(passphrase(weak)), HasSubstr("weak")) << weak;
}

TEST(PassphraseStrength, HasNothingToSayOfLongOnes) {
    for (const auto* strong : {"lamp tower river moss candle", "correct horse battery staple", "Xk7-Vq2m-9TzR-wd4"})
        EXPECT_THAT(remark_on_strength(passphrase(strong)), IsEmpty()) << strong;
    EXPECT_THAT(remark_on_strength(Secret()), IsEmpty()) << "which is refused anyway";
}

TEST(PassphraseStrength, NeverShowsThePassphrase) {
    EXPECT_EQ(remark_on_strength(passphrase("hunter2")).find("hunter2"), std::string::npos);
}

TEST(PassphraseStrength, GrowsWithEachCharacterAndWithMixture) {
    EXPECT_LT(estimated_bits(passphrase("mfqz")), estimated_bits(passphrase("mfqzh")));
    EXPECT_LT(estimated_bits(passphrase("mfqzh")), estimated_bits(passphrase("mFqz!")));
}

}  // namespace
}  // namespace kist::cli
