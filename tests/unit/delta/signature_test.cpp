#include "kist/delta/signature.hpp"

#include "kist/base/error.hpp"

#include "memory_file.hpp"
#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

using test::MemoryFile;

TEST(Signature, ItsNodesGiveTheContentHash) {
    test::Random random(1);
    for (const std::size_t size : {0U, 1U, 4096U, 4097U, 65'536U, 70'000U, 1'048'576U, 1'100'000U, 3'000'000U}) {
        const auto content = random.bytes(size, 256);
        const MemoryFile file(content);
        for (unsigned level = 0; level < 5; ++level)
            for (const unsigned threads : {1U, 3U}) {
                const auto signature = sign(file.input(), {level}, threads);
                EXPECT_EQ(signature.content, content_hash(content)) << size << " " << level;
                EXPECT_EQ(signature.nodes.size(), (BlockShape{level}.block_count(size)));
            }
    }
}

TEST(Signature, HolesAreSignedAsTheirZeros) {
    MemoryFile sparse;
    sparse.write(3U << 20U, std::as_bytes(std::span("data between holes")));
    sparse.resize((7U << 20U) + 5);
    test::Bytes content((7U << 20U) + 5);
    std::ranges::copy(std::as_bytes(std::span("data between holes")), content.begin() + (3U << 20U));
    for (unsigned level = 0; level < 4; ++level)
        EXPECT_EQ(sign(sparse.input(), {level}, 2), sign(MemoryFile(content).input(), {level}, 1)) << level;
    EXPECT_EQ(sign(sparse.input(), {0}, 1).content, content_hash(content));
}

TEST(Signature, AFileThatBecameShorterIsAnError) {
    MemoryFile file(test::Bytes(10'000, std::byte{1}));
    const auto before = file.input();
    file.resize(9'999);
    EXPECT_THROW(sign(before, {0}, 2), Error);
}

TEST(Signature, CoarsenedIsAsIfSignedWithLargerBlocks) {
    test::Random random(2);
    for (const std::size_t size : {0U, 5U, 4097U, 16'384U, 16'385U, 100'000U, 1'234'567U}) {
        const MemoryFile file(random.bytes(size, 256));
        auto signature = sign(file.input(), {0}, 1);
        for (unsigned level = 1; level < 4; ++level) {
            signature = coarsen(signature);
            EXPECT_EQ(signature, sign(file.input(), {level}, 1)) << size << " " << level;
        }
    }
}

}  // namespace
}  // namespace kist::delta
