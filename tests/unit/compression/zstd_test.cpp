#include "kist/compression/zstd.hpp"

#include "kist/base/error.hpp"

#include <gtest/gtest.h>

namespace kist::compression {
namespace {

TEST(Zstd, ReturnsWhatWentIn) {
    for (const std::size_t size : {0U, 1U, 1000U, 1'000'000U}) {
        std::vector<std::byte> plain(size);
        for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<std::byte>(i * i >> 3U);
        EXPECT_EQ(decompress(compress(plain), size), plain);
    }
}

TEST(Zstd, RefusesAnotherSizeAndDamage) {
    const std::vector<std::byte> plain(1000, std::byte{7});
    auto frame = compress(plain);
    EXPECT_THROW(decompress(frame, 999), Error);
    EXPECT_THROW(decompress(frame, std::size_t{1} << 60U), Error);
    frame.pop_back();
    EXPECT_THROW(decompress(frame, 1000), Error);
    EXPECT_THROW(decompress({}, 0), Error);
}

std::vector<std::byte> noise(std::size_t size, std::uint32_t state) {
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>((state = state * 1664525 + 1013904223) >> 24U);
    return bytes;
}

TEST(Zstd, APrefixSparesWhatItHasWhereverItStands) {
    for (const std::size_t size : {70'000U, 1'000'000U, 4'194'304U}) {
        const auto prefix = noise(size, 1);
        auto plain = prefix;
        plain[size / 2] ^= std::byte{1};
        const auto inserted = noise(100, 2);
        plain.insert(plain.begin() + 1000, inserted.begin(), inserted.end());
        const auto frame = compress_with_prefix(plain, prefix);
        EXPECT_LT(frame.size(), 1000U) << size;
        EXPECT_EQ(decompress_with_prefix(frame, prefix, plain.size()), plain) << size;
    }
}

TEST(Zstd, EmptyAndForeignPrefixes) {
    const auto plain = noise(10'000, 1);
    EXPECT_EQ(decompress_with_prefix(compress_with_prefix(plain, {}), {}, plain.size()), plain);
    EXPECT_EQ(decompress_with_prefix(compress_with_prefix({}, plain), plain, 0), std::vector<std::byte>());
    const auto frame = compress_with_prefix(plain, noise(10'000, 1));
    EXPECT_THROW(decompress_with_prefix(frame, {}, plain.size()), Error);
    EXPECT_NE(decompress_with_prefix(frame, noise(10'000, 9), plain.size()), plain);
}

TEST(Zstd, APrefixLeavesNothingBehindForTheNextCall) {
    const auto plain = noise(100'000, 1);
    const auto before = compress(plain);
    const auto frame = compress_with_prefix(plain, noise(100'000, 1));
    EXPECT_EQ(compress(plain), before);
    decompress_with_prefix(frame, plain, plain.size());
    EXPECT_EQ(decompress(before, plain.size()), plain);
    EXPECT_THROW(decompress(frame, plain.size()), Error);
}

}  // namespace
}  // namespace kist::compression
