#include "kist/base/secret.hpp"

#include <array>
#include <type_traits>

#include <gtest/gtest.h>

namespace kist {
namespace {

TEST(Secret, CannotBeCopiedOrCompared) {
    static_assert(!std::is_copy_constructible_v<Secret>);
    static_assert(!std::is_copy_assignable_v<Secret>);
    static_assert(!std::equality_comparable<Secret>);
}

TEST(Secret, LendsItsBytesAndMoves) {
    const std::array bytes{std::byte{'k'}, std::byte{'e'}, std::byte{'y'}};
    auto first = Secret::copy_of(bytes);
    const auto* where = first.expose().data();
    const auto second = std::move(first);
    EXPECT_EQ(second.expose().data(), where);
    EXPECT_EQ(second.size(), 3U);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), second.expose().begin()));
}

TEST(Secret, TruncateWipesTheRest) {
    Secret secret(4);
    for (auto& byte : secret.expose()) byte = std::byte{0xff};
    const auto all = secret.expose();
    secret.truncate(1);
    EXPECT_EQ(secret.size(), 1U);
    EXPECT_EQ(all[0], std::byte{0xff});
    EXPECT_EQ(all[3], std::byte{0});
}

}  // namespace
}  // namespace kist
