#include "kist/crypto/sha256_pieces.hpp"

#include "kist/crypto/sha256.hpp"

#include "crypto/side_by_side.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kist::crypto {
namespace {

std::vector<std::byte> some_bytes(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 167 + i / 251);
    return bytes;
}

std::vector<Digest> hashes_of(std::byte prefix, std::span<const std::byte> bytes, std::size_t size) {
    std::vector<Digest> digests((bytes.size() + size - 1) / size);
    sha256_of_pieces(prefix, bytes, size, digests);
    return digests;
}

std::vector<Digest> expected(std::byte prefix, std::span<const std::byte> bytes, std::size_t size) {
    std::vector<Digest> digests;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(size, bytes.size()))) {
        Sha256 hash;
        hash.update(std::span(&prefix, 1)).update(bytes.first(std::min(size, bytes.size())));
        digests.push_back(hash.finish());
    }
    return digests;
}

TEST(Sha256OfPieces, AreTheHashesOfPrefixAndPiece) {
    for (const std::size_t size : {1U, 54U, 55U, 56U, 63U, 64U, 127U, 128U, 4096U})
        for (const std::size_t pieces : {1U, 2U, 3U, 15U, 16U, 17U, 40U})
            for (const std::size_t last : {std::size_t{1}, size / 2 + 1, size}) {
                const auto bytes = some_bytes((pieces - 1) * size + std::min(last, size));
                EXPECT_EQ(hashes_of(std::byte{7}, bytes, size), expected(std::byte{7}, bytes, size))
                    << pieces << " pieces of " << size << ", the last of " << last;
            }
}

TEST(Sha256OfPieces, OfNothingIsNothing) {
    EXPECT_TRUE(hashes_of(std::byte{0}, {}, 64).empty());
}

TEST(Sha256OfPieces, AnyThreadMayAsk) {
    const auto bytes = some_bytes(64 * 1024);
    const auto right = expected(std::byte{1}, bytes, 1000);
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round)
                if (hashes_of(std::byte{1}, bytes, 1000) != right) ++wrong;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

#ifdef __x86_64__
TEST(SideBySide, IsBuiltInOnAmd64) {
    const auto bytes = some_bytes(200);
    std::vector<Digest> digests(2);
    EXPECT_TRUE(hash_side_by_side(std::byte{2}, bytes, 100, digests));
    EXPECT_EQ(digests, expected(std::byte{2}, bytes, 100));
}
#endif

}  // namespace
}  // namespace kist::crypto
