#include "kist/delta/matcher.hpp"

#include "kist/base/error.hpp"
#include "kist/delta/composition.hpp"
#include "kist/delta/inversion.hpp"
#include "kist/delta/trimming.hpp"
#include "kist/delta/verified_reader.hpp"
#include "kist/os/process.hpp"

#include "memory_file.hpp"
#include "random_edits.hpp"
#include "temporary_directory.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kist::delta {
namespace {

using test::Bytes;
using test::MemoryFile;

constexpr BlockShape kSmall{0, 16};

Match matched(const Bytes& older, const Bytes& newer, const BlockShape& shape = kSmall, unsigned threads = 1) {
    return match(MemoryFile(newer).input(), sign(MemoryFile(older).input(), shape, 1), threads);
}

Bytes joined(std::initializer_list<std::span<const std::byte>> parts) {
    Bytes result;
    for (const auto& part : parts) result.insert(result.end(), part.begin(), part.end());
    return result;
}

TEST(Matcher, AnIdenticalFileIsOneCopy) {
    for (const std::size_t size : {1U, 15U, 16U, 17U, 5000U, 100'000U}) {
        const auto content = test::Random(size).bytes(size, 256);
        EXPECT_EQ(matched(content, content).script, (Script{size, size, {{0, 0, size}}})) << size;
    }
}

TEST(Matcher, EmptyFilesHaveNothingInCommon) {
    const auto content = test::Random(1).bytes(100);
    EXPECT_EQ(matched({}, content).script, (Script{0, 100, {}}));
    EXPECT_EQ(matched(content, {}).script, (Script{100, 0, {}}));
    EXPECT_EQ(matched({}, {}).script, (Script{}));
}

TEST(Matcher, GivesTheSignatureOfTheNewerFile) {
    test::Random random(2);
    const auto older = random.bytes(9000);
    const auto newer = test::Editor(random, older).edited();
    EXPECT_EQ(matched(older, newer).signature, sign(MemoryFile(newer).input(), kSmall, 1));
    const auto result = matched(older, newer, {0}, 2);
    EXPECT_EQ(result.signature.content, content_hash(newer));
}

TEST(Matcher, AChangedBlockIsTheOnlyLiteral) {
    const auto older = test::Random(3).bytes(20'000, 256);
    auto newer = older;
    newer[10'001] ^= std::byte{1};
    EXPECT_EQ(matched(older, newer).script, (Script{20'000, 20'000, {{0, 0, 10'000}, {10'016, 10'016, 9'984}}}));
}

TEST(Matcher, FindsWhatAnInsertionHasShifted) {
    test::Random random(4);
    const auto older = random.bytes(20'000, 256);
    const auto head = std::span(older).first(7'777);
    const auto newer = joined({head, random.bytes(5, 256), std::span(older).subspan(7'777)});
    const auto script = matched(older, newer).script;
    EXPECT_TRUE(test::holds(script, older, newer));
    EXPECT_LE(literal_bytes(script), 16U + 5U);
    EXPECT_EQ(script.copies.size(), 2U);
}

TEST(Matcher, WhatIsAppendedToAShortLastBlockIsTheOnlyLiteral) {
    test::Random random(5);
    for (const std::size_t size : {5U, 16U, 21U, 4096U, 4103U}) {
        const auto older = random.bytes(size, 256);
        const auto newer = joined({older, random.bytes(100, 256)});
        EXPECT_EQ(matched(older, newer).script, (Script{size, size + 100, {{0, 0, size}}})) << size;
    }
}

// The lesson of half-empty images: blocks of zeros are everywhere, but nothing may be moved for that.
TEST(Matcher, AnEditInAHalfEmptyImageStaysInPlace) {
    test::Random random(6);
    Bytes older(1U << 20U);
    for (std::size_t at = 0; at < older.size(); at += 65'536)
        std::ranges::copy(random.bytes(30'000, 256), older.begin() + static_cast<std::ptrdiff_t>(at));
    auto newer = older;
    for (int i = 0; i < 20; ++i) newer[random.below(newer.size())] ^= std::byte{0x55};
    const auto script = matched(older, newer, {0}, 2).script;
    EXPECT_EQ(moved_bytes(script), 0U);
    EXPECT_LE(script.copies.size(), 21U);
    EXPECT_LE(literal_bytes(script), 20U * 4096U);
}

TEST(Matcher, TheOrderOfThreadsMakesNoDifference) {
    test::Random random(7);
    const auto older = random.bytes(3'000'000, 256);
    const auto newer = joined({random.bytes(1000, 256), older});
    const auto alone = matched(older, newer, {0}, 1);
    EXPECT_LE(literal_bytes(alone.script), 4096U + 1000U);
    for (int i = 0; i < 5; ++i) {
        const auto together = matched(older, newer, {0}, 4);
        EXPECT_EQ(together.script, alone.script);
        EXPECT_EQ(together.signature, alone.signature);
    }
}

// Blocks whose checksums are equal and whose bytes are not: what can be forged is only a hint.
TEST(Matcher, ABlockWithAForgedChecksumIsNotTakenForAnother) {
    const auto first = joined({Bytes{std::byte{1}, std::byte{0}, std::byte{1}}, Bytes(13)});
    const auto second = joined({Bytes{std::byte{0}, std::byte{2}, std::byte{0}}, Bytes(13)});
    const auto unrelated = test::Random(8).bytes(160, 256);
    const auto signature = sign(MemoryFile(first).input(), kSmall, 1);
    ASSERT_EQ(signature.hints, sign(MemoryFile(second).input(), kSmall, 1).hints);
    const auto older = joined({unrelated, first, unrelated});
    const auto newer = joined({second, second, second, Bytes(5), second});
    EXPECT_TRUE(test::holds(matched(older, newer).script, older, newer));
}

TEST(Matcher, FindsBlocksBeyondFourGibibytesOfHoles) {
    constexpr std::uint64_t kFar = 5ULL << 30U;
    test::Random random(9);
    const auto data = random.bytes(100'000, 256);
    MemoryFile older;
    older.write(kFar, data);
    older.resize(kFar + (1U << 20U));
    MemoryFile newer;
    newer.write(kFar + 3, data);
    newer.resize(kFar + (1U << 20U));
    const auto result = match(newer.input(), sign(older.input(), {2}, 2), 2);
    EXPECT_LE(literal_bytes(result.script), 3U * 65'536U);
    const auto moved = std::ranges::find_if(result.script.copies, [](const Copy& c) { return !c.in_place(); });
    ASSERT_NE(moved, result.script.copies.end());
    EXPECT_GE(moved->target, kFar);
    EXPECT_EQ(moved->target - moved->source, 3U);
    EXPECT_EQ(result.signature, sign(newer.input(), {2}, 1));
}

TEST(Matcher, WhatItSaysOfAChangingFileHoldsForTheContentItNames) {
    test::Random random(10);
    const auto older = random.bytes(2'000'000, 256);
    const auto signature = sign(MemoryFile(older).input(), {0}, 1);
    const MemoryFile newer(joined({random.bytes(100, 256), older}));
    std::atomic<bool> done = false;
    const std::jthread writer([&] {
        test::Random places(11);
        while (!done) os::write_at(newer.fd(), places.below(2'000'000), places.bytes(1, 256), "newer");
    });
    for (int i = 0; i < 20; ++i) {
        try {
            const auto result = match(newer.input(), signature, 2);
            VerifiedReader literals(newer.fd(), "newer", result.signature);
            patch(Delta{result.script, std::ref(literals)}, read_bytes(older), result.signature.content, [](auto) {});
        } catch (const Error& error) {
            // Patching would say that the hash is another one; the reading has to notice it first.
            EXPECT_THAT(error.message(), testing::StartsWith("reading")) << error.message();
        }
    }
    done = true;
}

// One random edit: forward, reverse, trimmed, and what the next step says of the same bytes.
class AnyEdit : public testing::Test {
  protected:
    void check(test::Random& random, std::uint64_t seed) {
        const BlockShape shape{static_cast<unsigned>(random.below(3)), 16U << random.below(2)};
        const auto threads = random.below(50) == 0 ? 3U : 1U;
        const auto older = test::random_content(random);
        const auto newer = test::Editor(random, older).edited();
        const MemoryFile older_file(older);
        const MemoryFile newer_file(newer);
        const auto signature = sign(older_file.input(), shape, threads);
        const auto result = match(newer_file.input(), signature, threads);
        ASSERT_TRUE(test::holds(result.script, older, newer)) << seed;
        ASSERT_EQ(result.signature, sign(newer_file.input(), shape, 1)) << seed;
        check_forward(result, older, newer, newer_file);
        check_reverse(result, older, newer, signature, older_file);
    }

    static void check_forward(const Match& result, const Bytes& older, const Bytes& newer, const MemoryFile& file) {
        VerifiedReader literals(file.fd(), "newer", result.signature);
        const Delta delta{result.script, std::ref(literals)};
        ASSERT_EQ(test::patched(delta, older, content_hash(newer)), newer);
        const auto calm = in_place(result.script);
        ASSERT_TRUE(test::holds(calm, older, newer));
        ASSERT_EQ(moved_bytes(calm), 0U);
    }

    static void check_reverse(const Match& result, const Bytes& older, const Bytes& newer, const Signature& signature,
                              const MemoryFile& older_file) {
        VerifiedReader lost(older_file.fd(), "older", signature);
        const auto reverse = trim(invert(result.script), std::ref(lost), read_bytes(newer));
        ASSERT_TRUE(test::holds(reverse, newer, older));
        const auto stream = test::encoded({reverse, std::ref(lost)});
        ASSERT_EQ(stream.size(), encoded_size(reverse));
        ASSERT_EQ(test::patched(test::decoded(stream, reverse), newer, content_hash(older)), older);
    }
};

TEST_F(AnyEdit, IsDescribedAndTakenBack) {
    const auto cases = test::case_count(20'000);
    for (std::uint64_t seed = 0; seed < cases; ++seed) {
        test::Random random(seed);
        check(random, seed);
        if (HasFailure()) break;
    }
}

// A history of reverse deltas, from which versions in the middle are forgotten one after the other.
TEST_F(AnyEdit, ForgettingVersionsInTheMiddleLeavesTheOthersAsTheyWere) {
    const auto cases = test::case_count(400);
    for (std::uint64_t seed = 0; seed < cases; ++seed) {
        test::Random random(seed);
        std::vector<Bytes> versions{test::random_content(random)};
        std::vector<Script> reverses;
        for (int day = 0; day < 6; ++day) {
            versions.push_back(test::Editor(random, versions.back()).edited());
            const auto& older = *(versions.end() - 2);
            const auto forward = matched(older, versions.back()).script;
            reverses.push_back(trim(invert(forward), read_bytes(older), read_bytes(versions.back())));
        }
        while (reverses.size() > 1) {
            const auto gone = random.below(reverses.size() - 1);
            const auto at = static_cast<std::ptrdiff_t>(gone);
            const auto composed = compose(reverses[gone], reverses[gone + 1]);
            ASSERT_TRUE(composed);
            ASSERT_TRUE(test::holds(*composed, versions[gone + 2], versions[gone])) << seed;
            reverses[gone] = *composed;
            reverses.erase(reverses.begin() + at + 1);
            versions.erase(versions.begin() + at + 1);
        }
    }
}

TEST_F(AnyEdit, IsAppliedByRdiffToo) {
    const kist::test::TemporaryDirectory directory;
    const auto cases = test::case_count(60);
    for (std::uint64_t seed = 0; seed < cases; ++seed) {
        test::Random random(seed);
        const auto older = test::random_content(random);
        const auto newer = test::Editor(random, older).edited();
        const Delta reverse{invert(matched(older, newer).script), read_bytes(older)};
        kist::test::write_file(directory / "newer", test::as_text(newer));
        kist::test::write_file(directory / "reverse", test::as_text(test::encoded(reverse)));
        const auto run =
            os::run({"rdiff", "--force", "patch", directory / "newer", directory / "reverse", directory / "older"});
        ASSERT_EQ(run.status, 0) << run.output;
        ASSERT_EQ(kist::test::read_file(directory / "older"), test::as_text(older)) << seed;
    }
}

}  // namespace
}  // namespace kist::delta
