#include "kist/delta/verified_reader.hpp"

#include "kist/base/error.hpp"

#include "memory_file.hpp"
#include "random_deltas.hpp"

#include <gtest/gtest.h>

namespace kist::delta {
namespace {

TEST(VerifiedReader, ReadsAnyRange) {
    test::Random random(1);
    const auto content = random.bytes(1000, 256);
    const test::MemoryFile file(content);
    const auto signature = sign(file.input(), {1, 16}, 1);
    VerifiedReader reader(file.fd(), "file", signature);
    for (int i = 0; i < 1000; ++i) {
        const auto begin = random.below(content.size());
        test::Bytes got(random.below(content.size() - begin + 1));
        reader(begin, got);
        EXPECT_TRUE(std::ranges::equal(got, std::span(content).subspan(begin, got.size())));
    }
}

TEST(VerifiedReader, RefusesAChangedBlockAndNoOther) {
    test::Random random(2);
    test::MemoryFile file(random.bytes(1000, 256));
    const auto signature = sign(file.input(), {0, 100}, 1);
    file.write(555, std::vector<std::byte>{std::byte{7}, std::byte{8}, std::byte{9}});
    VerifiedReader reader(file.fd(), "file", signature);
    test::Bytes byte(1);
    for (std::size_t at = 0; at < 1000; ++at) {
        if (at / 100 == 5)
            EXPECT_THROW(reader(at, byte), Error) << at;
        else
            EXPECT_NO_THROW(reader(at, byte)) << at;
    }
}

TEST(VerifiedReader, RefusesAFileThatBecameShorter) {
    test::MemoryFile file(test::Random(3).bytes(1000, 256));
    const auto signature = sign(file.input(), {0, 100}, 1);
    file.resize(950);
    VerifiedReader reader(file.fd(), "file", signature);
    test::Bytes byte(1);
    EXPECT_NO_THROW(reader(899, byte));
    EXPECT_THROW(reader(900, byte), Error);
}

}  // namespace
}  // namespace kist::delta
