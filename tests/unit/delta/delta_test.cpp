#include "kist/delta/delta.hpp"

#include "kist/base/error.hpp"
#include "kist/os/process.hpp"

#include "random_deltas.hpp"
#include "temporary_directory.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

using test::Bytes;

Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes;
    for (const auto value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

// The magic, and then what is given.
Bytes stream_of(std::initializer_list<unsigned> values) {
    auto stream = bytes_of({0x72, 0x73, 0x02, 0x36});
    const auto rest = bytes_of(values);
    stream.insert(stream.end(), rest.begin(), rest.end());
    return stream;
}

void read_all(const Bytes& stream, const Sizes& sizes) {
    decode(read_bytes(stream), stream.size(), sizes);
}

TEST(Delta, IsWrittenAsLibrsyncDefinesIt) {
    const Bytes target = bytes_of({1, 2, 3, 4, 5});
    const Script script{0x1'0000, 5, {{0, 0x1234, 2}, {3, 7, 2}}};
    EXPECT_EQ(test::encoded({script, read_bytes(target)}), stream_of({0x49, 0x12, 0x34, 2, 0x01, 3, 0x45, 7, 2, 0x00}));
}

TEST(Delta, KnowsItsSizeBeforeItIsWritten) {
    test::Random random(1);
    for (int i = 0; i < 500; ++i) {
        const auto basis = random.bytes(random.below(70'000));
        const auto step = test::random_step(random, basis);
        EXPECT_EQ(encoded_size(step.delta.script), test::encoded(step.delta).size());
    }
}

TEST(Delta, OffsetsAndLengthsOfEveryWidthComeBack) {
    for (const std::uint64_t source : {0ULL, 255ULL, 256ULL, 65'536ULL, 1ULL << 32U, 1ULL << 50U})
        for (const std::uint64_t length : {1ULL, 255ULL, 256ULL, 65'536ULL, (1ULL << 32U) + 1, 1ULL << 50U}) {
            const Script script{1ULL << 62U, length, {{0, source, length}}};
            const auto stream = test::encoded({script, {}});
            EXPECT_EQ(test::decoded(stream, script).script, script) << source << " " << length;
            EXPECT_EQ(encoded_size(script), stream.size());
        }
}

TEST(Delta, LiteralsOfEveryLengthAroundTheLimitsOfAnOpcodeComeBack) {
    for (const std::size_t length : {1U, 63U, 64U, 65U, 255U, 256U, 65'535U, 65'536U, 200'000U}) {
        const auto target = test::Random(length).bytes(length, 256);
        const Script script{0, length, {}};
        const auto stream = test::encoded({script, read_bytes(target)});
        EXPECT_EQ(test::patched(test::decoded(stream, script), {}, content_hash(target)), target) << length;
    }
}

TEST(Delta, WhatIsReadDoesNotDependOnHowTheStreamArrives) {
    test::Random random(2);
    const auto basis = random.bytes(3000);
    const auto step = test::long_step(random, basis);
    const auto stream = test::encoded(step.delta);
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        std::size_t at = 0;
        DeltaReader reader(
            [&](std::span<std::byte> buffer) {
                const auto count = std::min({piece, buffer.size(), stream.size() - at});
                std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(at), count, buffer.begin());
                at += count;
                return count;
            },
            {basis.size(), step.target.size()});
        Bytes result;
        patch(reader, read_bytes(basis), content_hash(step.target),
              [&](std::span<const std::byte> bytes) { result.insert(result.end(), bytes.begin(), bytes.end()); });
        ASSERT_EQ(result, step.target) << piece;
    }
}

TEST(Delta, LiteralsMayBeReadInPiecesOrLeft) {
    const auto stream = stream_of({0x05, 1, 2, 3, 4, 5, 0x45, 0, 1, 0x00});
    for (const std::size_t taken : {0U, 1U, 3U, 5U}) {
        DeltaReader reader(
            [&, at = std::size_t{0}](std::span<std::byte> buffer) mutable {
                const auto count = std::min(buffer.size(), stream.size() - at);
                std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(at), count, buffer.begin());
                at += count;
                return count;
            },
            {1, 6});
        ASSERT_EQ(reader.next()->length, 5U);
        Bytes bytes(1);
        for (std::size_t i = 0; i < taken; ++i) {
            reader.read_literal(bytes);
            EXPECT_EQ(bytes[0], std::byte(i + 1));
        }
        EXPECT_EQ(reader.position(), 5 + taken);
        ASSERT_EQ(reader.next()->source, 0U);
        EXPECT_FALSE(reader.next());
    }
}

struct Damaged {
    const char* why;
    Bytes stream;
};

TEST(Delta, RefusesWhatIsNoDelta) {
    const Sizes sizes{10, 4};
    ASSERT_NO_THROW(read_all(stream_of({0x45, 6, 4, 0}), sizes));
    const Damaged cases[] = {
        {"nothing", {}},
        {"half a magic", bytes_of({0x72, 0x73})},
        {"the magic of a signature", bytes_of({0x72, 0x73, 0x01, 0x36, 0x45, 6, 4, 0})},
        {"no end", stream_of({0x45, 6, 4})},
        {"half a copy", stream_of({0x45, 6})},
        {"half a literal", stream_of({0x04, 1, 2})},
        {"bytes behind the end", stream_of({0x45, 6, 4, 0, 0})},
        {"an empty literal", stream_of({0x41, 0, 0x45, 6, 4, 0})},
        {"an empty copy", stream_of({0x45, 0, 0, 0x45, 6, 4, 0})},
        {"a copy from beyond the basis", stream_of({0x45, 7, 4, 0})},
        {"a copy that overflows", stream_of({0x51, 255, 255, 255, 255, 255, 255, 255, 255, 4, 0})},
        {"less than the target", stream_of({0x45, 6, 3, 0})},
        {"more than the target", stream_of({0x45, 5, 5, 0})},
        {"a literal larger than memory", stream_of({0x44, 255, 255, 255, 255, 255, 255, 255, 255, 0})},
    };
    for (const auto& damaged : cases) {
        try {
            read_all(damaged.stream, sizes);
            ADD_FAILURE() << damaged.why;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::damaged) << damaged.why;
        }
    }
}

TEST(Delta, RefusesEveryOpcodeThatMeansNothing) {
    for (unsigned opcode = 0x55; opcode <= 0xff; ++opcode)
        EXPECT_THROW(read_all(stream_of({opcode, 0, 1, 0, 0, 0, 0, 0}), {10, 1}), Error) << opcode;
}

TEST(Delta, EveryPrefixOfAStreamIsRefused) {
    test::Random random(3);
    const auto basis = random.bytes(500);
    const auto step = test::long_step(random, basis);
    const auto stream = test::encoded(step.delta);
    for (std::size_t length = 0; length < stream.size(); ++length)
        EXPECT_THROW(
            test::decoded({stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length)}, step.delta.script),
            Error)
            << length;
}

// The magic, an opcode, its numbers: whatever is in them, there is an Error or the target, and nothing else.
TEST(Delta, AMutatedStreamNeverMakesAnotherTarget) {
    test::Random random(4);
    std::size_t refused = 0;
    const auto cases = test::case_count(3000);
    for (std::size_t i = 0; i < cases; ++i) {
        const auto basis = random.bytes(random.below(400));
        const auto step = test::random_step(random, basis);
        auto stream = test::encoded(step.delta);
        stream[random.below(stream.size())] ^= static_cast<std::byte>(1 + random.below(255));
        try {
            EXPECT_EQ(test::patched(test::decoded(stream, step.delta.script), basis, content_hash(step.target)),
                      step.target);
        } catch (const Error&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, cases / 2);
}

class Rdiff : public testing::Test {
  protected:
    std::string file(const char* name) const { return directory_ / name; }
    void write(const char* name, const Bytes& bytes) const { kist::test::write_file(file(name), test::as_text(bytes)); }
    Bytes read(const char* name) const {
        const auto text = kist::test::read_file(file(name));
        const auto bytes = std::as_bytes(std::span(text));
        return {bytes.begin(), bytes.end()};
    }
    static void rdiff(const std::vector<std::string>& words) {
        std::vector<std::string> argv{"rdiff", "--force"};
        argv.insert(argv.end(), words.begin(), words.end());
        const auto result = os::run(argv);
        ASSERT_EQ(result.status, 0) << result.output;
    }

    kist::test::TemporaryDirectory directory_;
};

TEST_F(Rdiff, AppliesWhatIsWritten) {
    test::Random random(5);
    for (int i = 0; i < 60; ++i) {
        const auto basis = random.bytes(random.any_size(100'000));
        const auto step = test::random_step(random, basis);
        write("basis", basis);
        write("delta", test::encoded(step.delta));
        rdiff({"patch", file("basis"), file("delta"), file("target")});
        ASSERT_EQ(read("target"), step.target) << i;
    }
}

TEST_F(Rdiff, ItsDeltasAreRead) {
    test::Random random(6);
    for (int i = 0; i < 40; ++i) {
        const auto basis = random.bytes(random.any_size(100'000), 256);
        const auto step = test::random_step(random, basis);
        write("basis", basis);
        write("target", step.target);
        rdiff({"-b", "16", "signature", file("basis"), file("signature")});
        rdiff({"delta", file("signature"), file("target"), file("delta")});
        const auto stream = read("delta");
        const auto delta = test::decoded(stream, step.delta.script);
        ASSERT_TRUE(test::holds(delta.script, basis, step.target));
        ASSERT_EQ(test::patched(delta, basis, content_hash(step.target)), step.target) << i;
    }
}

}  // namespace
}  // namespace kist::delta
