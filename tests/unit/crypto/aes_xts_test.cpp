#include "kist/crypto/aes_xts.hpp"

#include "kist/base/digest.hpp"
#include "kist/base/error.hpp"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace kist::crypto {
namespace {

std::vector<std::byte> from_hex(std::string_view text) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < text.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(value(text[i]) * 16 + value(text[i + 1])));
    return bytes;
}

// IEEE 1619-2007, appendix B: the plaintext of vectors 4 and 10 to 14 counts from 00 to ff, twice.
std::vector<std::byte> counting(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i & 0xff);
    return bytes;
}

constexpr std::string_view kKey128 =
    "27182818284590452353602874713526"
    "31415926535897932384626433832795";
constexpr std::string_view kKey256 =
    "2718281828459045235360287471352662497757247093699959574966967627"
    "3141592653589793238462643383279502884197169399375105820974944592";

TEST(AesXts, AgreesWithIeee1619) {
    const auto plain = counting(512);
    std::vector<std::byte> out(512);
    // Vector 4: data unit 0. The first two blocks of its ciphertext.
    AesXts aes128(Secret::copy_of(from_hex(kKey128)), 512);
    aes128.encrypt(0, plain, out);
    EXPECT_EQ(to_hex(std::span(out).first(32)), "27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89c");
    // Vector 10: data unit ff.
    AesXts aes256(Secret::copy_of(from_hex(kKey256)), 512);
    aes256.encrypt(0xffULL * 512, plain, out);
    EXPECT_EQ(to_hex(std::span(out).first(32)), "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b");
    aes256.decrypt(0xffULL * 512, out, out);
    EXPECT_EQ(out, plain);
}

TEST(AesXts, NumbersLargeSectorsInUnitsOf512Bytes) {
    const auto key = Secret::copy_of(from_hex(kKey256));
    AesXts large(key, 4096);
    AesXts small(key, 512);
    const auto plain = counting(8192);
    std::vector<std::byte> together(8192);
    large.encrypt(4096 * 7, plain, together);
    // The tweak of a large sector is that of its first 512 bytes; its first blocks do not depend on its length.
    std::vector<std::byte> head(512);
    small.encrypt(4096 * 8, std::span(plain).subspan(4096, 512), head);
    EXPECT_EQ(to_hex(std::span(together).subspan(4096, 512)), to_hex(head));
    large.decrypt(4096 * 7, together, together);
    EXPECT_EQ(together, plain);
}

TEST(AesXts, RefusesKeysThatAreNone) {
    EXPECT_THROW(AesXts(Secret(48), 512), Error);
    EXPECT_THROW(AesXts(Secret(), 512), Error);
    std::vector<std::byte> twice(64, std::byte{7});
    EXPECT_THROW(AesXts(Secret::copy_of(twice), 512), Error) << "both halves are equal";
}

}  // namespace
}  // namespace kist::crypto
