#include "kist/crypto/sha256.hpp"

#include <gtest/gtest.h>

namespace kist::crypto {
namespace {

TEST(Sha256, AgreesWithFips180) {
    const std::array abc{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
    EXPECT_EQ(to_hex(sha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 hash;
    hash.update(abc).finish();
    EXPECT_EQ(to_hex(hash.finish()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace kist::crypto
