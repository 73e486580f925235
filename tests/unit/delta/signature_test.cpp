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

TEST(Signature, ComesBackAsItWasKept) {
    test::Random random(3);
    for (const std::size_t size : {0U, 5U, 50'000U, 500'000U}) {
        const auto signature = sign(MemoryFile(random.bytes(size)).input(), {1}, 1);
        EXPECT_EQ(decode_signature(encode(signature), signature.content, size), signature);
    }
}

TEST(Signature, OfAnotherContentIsNotTaken) {
    const auto signature = sign(MemoryFile(test::Bytes(50'000, std::byte{1})).input(), {0}, 1);
    const auto other = sign(MemoryFile(test::Bytes(50'000, std::byte{2})).input(), {0}, 1);
    EXPECT_FALSE(decode_signature(encode(signature), other.content, 50'000));
    EXPECT_FALSE(decode_signature(encode(signature), signature.content, 50'001));
}

// Also where somebody computes the sum over it anew: the nodes are bound to the content.
TEST(Signature, ForgedNodesAreNotTaken) {
    auto signature = sign(MemoryFile(test::Bytes(50'000, std::byte{1})).input(), {0}, 1);
    signature.nodes[3].bytes[5] ^= std::byte{1};
    EXPECT_FALSE(decode_signature(encode(signature), signature.content, signature.size));
}

TEST(Signature, NoMutationIsTaken) {
    test::Random random(4);
    const auto signature = sign(MemoryFile(random.bytes(30'000)).input(), {0}, 1);
    const auto whole = encode(signature);
    const auto is_taken = [&](const test::Bytes& bytes) {
        return decode_signature(bytes, signature.content, signature.size).has_value();
    };
    ASSERT_TRUE(is_taken(whole));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_FALSE(is_taken({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)})) << i;
        auto mutated = whole;
        mutated[i] ^= static_cast<std::byte>(1 + random.below(255));
        EXPECT_FALSE(is_taken(mutated)) << i;
    }
    const auto cases = test::case_count(5000);
    for (std::size_t i = 0; i < cases; ++i) {
        auto mutated = whole;
        const auto at = mutated.begin() + static_cast<std::ptrdiff_t>(random.below(whole.size()));
        const auto piece = random.bytes(1 + random.below(50), 256);
        switch (random.below(3)) {
            case 0:
                mutated.insert(at, piece.begin(), piece.end());
                break;
            case 1:
                mutated.erase(at, at + std::min<std::ptrdiff_t>(std::ssize(piece), mutated.end() - at));
                break;
            default:
                std::copy_n(piece.begin(), std::min(std::ssize(piece), mutated.end() - at), at);
        }
        EXPECT_TRUE(mutated == whole || !is_taken(mutated)) << i;
    }
}

}  // namespace
}  // namespace kist::delta
