#include "volume/plaintext_file.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace kist::volume {
namespace {

constexpr std::uint64_t kDataOffset = 8192;
constexpr std::size_t kSize = 256 << 10;

std::vector<std::byte> random_bytes(std::size_t size, std::mt19937& random) {
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
    return bytes;
}

class PlaintextFileTest : public testing::TestWithParam<std::uint32_t> {
  protected:
    PlaintextFileTest() : container_(folder_.open().open_file_for_writing("c", os::Create::exclusive)) {
        os::allocate(container_.get(), kDataOffset + kSize, "c");
    }
    luks::Layout layout() const { return {kDataOffset, GetParam(), 64}; }

    test::TemporaryDirectory folder_;
    os::Fd container_;
    Secret key_ = luks::random_volume_key();
};

TEST_P(PlaintextFileTest, AgreesWithAModelWhateverTheAlignment) {
    PlaintextFile file(container_.get(), layout(), key_, 2);
    ASSERT_EQ(file.size(), kSize);
    std::mt19937 random(GetParam());
    auto model = random_bytes(kSize, random);
    ASSERT_EQ(file.write(0, model), 0);
    for (int i = 0; i < 400; ++i) {
        const auto offset = random() % kSize;
        const auto bytes = random_bytes(std::min<std::size_t>(random() % 20000, kSize - offset), random);
        ASSERT_EQ(file.write(offset, bytes), 0);
        std::ranges::copy(bytes, model.begin() + static_cast<std::ptrdiff_t>(offset));
        const auto from = random() % kSize;
        std::vector<std::byte> found(std::min<std::size_t>(random() % 20000, kSize - from));
        ASSERT_EQ(file.read(from, found), 0);
        ASSERT_TRUE(std::equal(found.begin(), found.end(), model.begin() + static_cast<std::ptrdiff_t>(from)));
    }
    EXPECT_EQ(file.sync(), 0);
    // What lies in the container is what the cipher alone makes of it.
    std::vector<std::byte> raw(kSize);
    const auto reader = folder_.open().open_file("c");
    os::read_at(reader.get(), kDataOffset, raw, "c");
    crypto::AesXts(key_, GetParam()).decrypt(0, raw, raw);
    EXPECT_EQ(raw, model);
}

TEST_P(PlaintextFileTest, WritersOfOneSectorDoNotLoseEachOthersBytes) {
    PlaintextFile file(container_.get(), layout(), key_, 4);
    ASSERT_EQ(file.write(0, std::vector<std::byte>(kSize)), 0);
    std::vector<std::thread> writers;
    for (std::size_t writer = 0; writer < 4; ++writer)
        writers.emplace_back([&file, writer] {
            const std::vector<std::byte> bytes(100, static_cast<std::byte>(writer + 1));
            for (int round = 0; round < 50; ++round)
                for (std::uint64_t slot = writer; slot < 160; slot += 4) file.write(slot * 100, bytes);
        });
    for (auto& writer : writers) writer.join();
    std::vector<std::byte> found(16000);
    ASSERT_EQ(file.read(0, found), 0);
    for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_EQ(std::to_integer<std::size_t>(found[i]), i / 100 % 4 + 1) << i;
}

TEST_P(PlaintextFileTest, AContainerThatHasBecomeShorterIsAnErrorOfTheRead) {
    PlaintextFile file(container_.get(), layout(), key_, 1);
    os::truncate(container_.get(), kDataOffset + 4096, "c");
    std::vector<std::byte> buffer(8192);
    EXPECT_EQ(file.read(0, buffer), EIO);
}

TEST_P(PlaintextFileTest, AContainerWithoutDataIsDamaged) {
    os::truncate(container_.get(), kDataOffset, "c");
    EXPECT_THROW(PlaintextFile(container_.get(), layout(), key_, 1), Error);
}

INSTANTIATE_TEST_SUITE_P(SectorSizes, PlaintextFileTest, testing::Values(512U, 1024U, 4096U));

}  // namespace
}  // namespace kist::volume
