#include "kist/delta/known_signature.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"

#include "memory_file.hpp"
#include "random_deltas.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace kist::delta {
namespace {

using test::MemoryFile;

Signature signature_of(const test::Bytes& content, unsigned level = 0) {
    return sign(MemoryFile(content).input(), {level}, 1);
}

std::optional<KnownSignature> opened(const MemoryFile& kept, const Digest& content, std::uint64_t size) {
    return KnownSignature::open(os::Fd(fcntl(kept.input().fd, F_DUPFD_CLOEXEC, 0)), content, size);
}

std::optional<KnownSignature> opened(const MemoryFile& kept, const Signature& signature) {
    return opened(kept, signature.content, signature.size);
}

// What it says of every block.
Signature all_of(const KnownSignature& known) {
    Signature all{known.content(), known.size(), known.shape(), {}, {}};
    for (std::uint64_t block = 0; block < known.block_count(); ++block) {
        all.nodes.push_back(known.node(block));
        all.hints.push_back(known.hint(block));
    }
    return all;
}

// nullopt: it is seen that something is wrong.
std::optional<Signature> as_read(const test::Bytes& bytes, const Signature& signature) {
    try {
        const auto known = opened(MemoryFile(bytes), signature);
        if (!known) return std::nullopt;
        return all_of(*known);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
        return std::nullopt;
    }
}

TEST(KnownSignature, ComesBackAsItWasKept) {
    test::Random random(3);
    for (unsigned level = 0; level < 3; ++level)
        for (const std::size_t size : {0U, 5U, 4096U, 16'384U, 16'385U, 65'536U, 65'537U, 500'000U, 2'000'000U}) {
            const auto signature = signature_of(random.bytes(size), level);
            EXPECT_EQ(as_read(encode(signature), signature), signature) << size << " " << level;
        }
}

TEST(KnownSignature, AnySignatureServesAsOne) {
    const auto signature = signature_of(test::Random(1).bytes(100'000));
    EXPECT_EQ(all_of(signature), signature);
}

TEST(KnownSignature, OfAnotherContentIsNotTaken) {
    const auto signature = signature_of(test::Bytes(50'000, std::byte{1}));
    const auto other = signature_of(test::Bytes(50'000, std::byte{2}));
    const MemoryFile kept(encode(signature));
    EXPECT_FALSE(opened(kept, other.content, 50'000));
    EXPECT_FALSE(opened(kept, signature.content, 50'001));
    EXPECT_TRUE(opened(kept, signature.content, 50'000));
}

// Also where somebody computes all sums over them anew: the nodes are bound to the content.
TEST(KnownSignature, ForgedNodesAreNotTaken) {
    auto signature = signature_of(test::Bytes(500'000, std::byte{1}));
    signature.nodes[3].bytes[5] ^= std::byte{1};
    EXPECT_FALSE(opened(MemoryFile(encode(signature)), signature));
}

TEST(KnownSignature, NodesAreReadWhenTheyAreAskedFor) {
    const auto signature = signature_of(test::Random(5).bytes(100 * 4096));
    MemoryFile kept(encode(signature));
    const auto known = opened(kept, signature);
    ASSERT_TRUE(known);
    const auto nodes = encode(signature).size() - 100 * sizeof(Digest);
    kept.write(nodes + 40 * sizeof(Digest), std::as_bytes(std::span("rot")));
    EXPECT_EQ(known->node(31), signature.nodes[31]);
    EXPECT_THROW(known->node(32), Error) << "of the group in which the rot is";
    EXPECT_EQ(known->node(48), signature.nodes[48]);
    EXPECT_THROW(known->read_all(), Error);
}

TEST(KnownSignature, WhatIsLearntIsNotRead) {
    const auto signature = signature_of(test::Random(6).bytes(99 * 4096 + 1));
    MemoryFile kept(encode(signature));
    const auto known = opened(kept, signature);
    ASSERT_TRUE(known);
    kept.resize(encode(signature).size() - 100 * sizeof(Digest));
    known->learn(0, std::span(signature.nodes).first(50));
    known->learn(60, std::span(signature.nodes).subspan(60));
    EXPECT_EQ(known->node(47), signature.nodes[47]);
    EXPECT_THROW(known->node(48), Error) << "its group was not whole";
    EXPECT_THROW(known->node(63), Error);
    EXPECT_EQ(known->node(64), signature.nodes[64]);
    EXPECT_EQ(known->node(99), signature.nodes[99]);
}

TEST(KnownSignature, WhatIsNotTheSameIsNotLearnt) {
    const auto signature = signature_of(test::Random(7).bytes(64 * 4096));
    const MemoryFile kept(encode(signature));
    const auto known = opened(kept, signature);
    ASSERT_TRUE(known);
    auto other = signature.nodes;
    other[20].bytes[0] ^= std::byte{1};
    known->learn(0, other);
    EXPECT_EQ(all_of(*known), signature);
}

TEST(KnownSignature, ManyThreadsMayAsk) {
    const auto signature = signature_of(test::Random(8).bytes(3'000'000));
    const MemoryFile kept(encode(signature));
    const auto known = opened(kept, signature);
    ASSERT_TRUE(known);
    std::atomic<unsigned> thread = 0;
    os::run_in_parallel(4, [&] {
        if (thread++ % 2 == 0) known->learn(0, signature.nodes);
        EXPECT_EQ(all_of(*known), signature);
    });
}

TEST(KnownSignature, NoMutationIsTaken) {
    test::Random random(4);
    const auto signature = signature_of(random.bytes(30'000));
    const auto whole = encode(signature);
    ASSERT_TRUE(as_read(whole, signature));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_FALSE(as_read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)}, signature)) << i;
        auto mutated = whole;
        mutated[i] ^= static_cast<std::byte>(1 + random.below(255));
        EXPECT_FALSE(as_read(mutated, signature)) << i;
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
        EXPECT_TRUE(mutated == whole || !as_read(mutated, signature)) << i;
    }
}

}  // namespace
}  // namespace kist::delta
