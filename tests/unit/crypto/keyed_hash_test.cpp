#include "kist/crypto/keyed_hash.hpp"

#include "kist/base/digest.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace kist::crypto {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string hex(const Secret& secret) {
    return to_hex(secret.expose());
}

TEST(KeyedHash, AgreesWithRfc2202And4231) {
    EXPECT_EQ(hex(hmac(HashKind::sha1, bytes("Jefe"), bytes("what do ya want for nothing?"))),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(hex(hmac(HashKind::sha256, bytes("Jefe"), bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(KeyedHash, AgreesWithRfc6070And7914) {
    EXPECT_EQ(hex(pbkdf2(HashKind::sha1, bytes("password"), bytes("salt"), 4096)),
              "4b007901b765489abead49d926f721d065a429c1");
    EXPECT_EQ(hex(pbkdf2(HashKind::sha256, bytes("passwd"), bytes("salt"), 1)),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

TEST(KeyedHash, TakesEmptyInput) {
    EXPECT_EQ(hex(hash(HashKind::sha1, {})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(hash(HashKind::sha256, bytes("abc")).size(), 32u);
    EXPECT_EQ(hex(hmac(HashKind::sha256, {}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace kist::crypto
