#include "kist/delta/content_hash.hpp"

#include <numeric>

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

std::vector<std::byte> content_of(std::size_t size) {
    std::vector<std::byte> content(size);
    std::uint32_t state = 12345;
    for (auto& byte : content) byte = static_cast<std::byte>((state = state * 1664525 + 1013904223) >> 24U);
    return content;
}

// The definition in doc/format.md, as directly as it can be written: all leaves, then level by level.
Digest by_definition(std::span<const std::byte> content) {
    const auto prefixed = [](int prefix, std::span<const std::byte> bytes) {
        std::vector<std::byte> all{static_cast<std::byte>(prefix)};
        all.insert(all.end(), bytes.begin(), bytes.end());
        return crypto::sha256(all);
    };
    std::vector<Digest> level;
    for (std::size_t at = 0; at < content.size() || level.empty(); at += 4096)
        level.push_back(prefixed(0, content.subspan(at, std::min<std::size_t>(4096, content.size() - at))));
    while (level.size() > 1) {
        std::vector<Digest> above;
        for (std::size_t at = 0; at < level.size(); at += 4) {
            std::vector<std::byte> children;
            for (std::size_t i = at; i < std::min(at + 4, level.size()); ++i)
                children.insert(children.end(), level[i].bytes.begin(), level[i].bytes.end());
            above.push_back(prefixed(1, children));
        }
        level = above;
    }
    std::vector<std::byte> root;
    for (unsigned i = 0; i < 8; ++i) root.push_back(static_cast<std::byte>(std::uint64_t{content.size()} >> (8 * i)));
    root.insert(root.end(), level[0].bytes.begin(), level[0].bytes.end());
    return prefixed(2, root);
}

TEST(ContentHash, FollowsItsDefinitionAtEveryShapeOfTheTree) {
    for (const std::size_t leaves :
         {0U, 1U, 2U, 3U, 4U, 5U, 8U, 15U, 16U, 17U, 20U, 21U, 63U, 64U, 65U, 80U, 81U, 257U})
        for (const int extra : {-1, 0, 1}) {
            if (leaves == 0 && extra < 0) continue;
            const auto content = content_of(leaves * 4096 + static_cast<std::size_t>(extra));
            EXPECT_EQ(content_hash(content), by_definition(content)) << leaves << " leaves, " << extra;
        }
}

TEST(ContentHash, DoesNotDependOnHowTheContentIsFed) {
    const auto content = content_of(70'000);
    const auto whole = content_hash(content);
    ContentHasher hasher;
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 15U, 4095U, 4096U, 4097U, 65536U}) {
        for (std::size_t at = 0; at < content.size(); at += piece)
            hasher.update(std::span(content).subspan(at, std::min(piece, content.size() - at)));
        EXPECT_EQ(hasher.finish(), whole) << piece;
    }
}

TEST(ContentHash, HolesHashLikeTheirZeros) {
    for (const std::size_t before : {0U, 1U, 4095U, 4096U, 20480U, 70'000U})
        for (const std::size_t hole : {0U, 1U, 4095U, 4096U, 65536U, 100'000U, 1'200'000U}) {
            auto content = content_of(before);
            ContentHasher hasher;
            hasher.update(content);
            hasher.update_zeros(hole);
            hasher.update(content);
            content.resize(before + hole);
            const auto head = content_of(before);
            content.insert(content.end(), head.begin(), head.end());
            EXPECT_EQ(hasher.finish(), content_hash(content)) << before << " " << hole;
        }
}

TEST(ContentHash, AHoleOfManyTebibytesCostsNothing) {
    constexpr std::uint64_t kSize = std::uint64_t{1} << 52U;
    ContentHasher halves;
    halves.update_zeros(kSize / 2 - 5);
    halves.update_zeros(kSize / 2 + 5);
    ContentHasher whole;
    whole.update_zeros(kSize);
    EXPECT_EQ(halves.finish(), whole.finish());
}

}  // namespace
}  // namespace kist::delta
