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

}  // namespace
}  // namespace kist::compression
