#include "kist/os/uncached_reader.hpp"

#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>

namespace kist::os {
namespace {

constexpr std::size_t kPage = UncachedReader::kPage;
constexpr std::size_t kSize = 64 * kPage + 100;

class UncachedReading : public testing::Test {
  protected:
    UncachedReading() : bytes_(kSize) {
        std::mt19937 chance(1);
        std::ranges::generate(bytes_, [&] { return static_cast<std::byte>(chance()); });
        const Fd writing(open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        write_all(writing.get(), bytes_, "file");
        sync_file(writing.get(), "file");
        file_ = Fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        forget();
    }

    // The page cache holds nothing of it.
    void forget() const { posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED); }

    std::span<std::byte> room(std::size_t size, std::size_t offset = 0) const {
        return std::span(memory_.get() + offset, size);
    }

    bool holds(std::span<const std::byte> got, std::size_t offset) const {
        return std::ranges::equal(got, std::span(bytes_).subspan(offset, got.size()));
    }

    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }
    };
    const test::TemporaryDirectory top_;
    const std::string path_ = top_ / "file";
    std::vector<std::byte> bytes_;
    std::unique_ptr<std::byte, Free> memory_{static_cast<std::byte*>(std::aligned_alloc(kPage, 128 * kPage))};
    Fd file_;
};

TEST_F(UncachedReading, GetsWhatTheFileHoldsAndLeavesTheCacheEmpty) {
    UncachedReader reader(file_.get());
    if (!reader.is_usable()) GTEST_SKIP() << "neither cachestat(2) nor O_DIRECT here";
    for (const std::size_t offset : {std::size_t{0}, 3 * kPage, 48 * kPage}) {
        const auto buffer = room(16 * kPage);
        ASSERT_TRUE(reader.read(offset, buffer));
        EXPECT_TRUE(holds(buffer, offset));
    }
    EXPECT_TRUE(reader.read(0, room(64 * kPage)));  // still nothing of it is cached
}

TEST_F(UncachedReading, LeavesToTheUsualWayWhatIsCachedOrOnNoPage) {
    UncachedReader reader(file_.get());
    EXPECT_FALSE(reader.read(100, room(kPage)));
    EXPECT_FALSE(reader.read(0, room(100)));
    EXPECT_FALSE(reader.read(0, room(kPage, 8)));
    EXPECT_FALSE(reader.read(60 * kPage, room(8 * kPage)));  // the file ends before
    EXPECT_FALSE(reader.read(1024 * kPage, room(kPage)));
    forget();
    read_at(file_.get(), 20 * kPage, room(1), "file");
    EXPECT_FALSE(reader.read(16 * kPage, room(16 * kPage)));
}

TEST_F(UncachedReading, SeesWhatWasWrittenAMomentAgo) {
    UncachedReader reader(file_.get());
    const std::vector<std::byte> newer(2 * kPage, std::byte{7});
    write_at(Fd(open(path_.c_str(), O_WRONLY | O_CLOEXEC)).get(), 4 * kPage, newer, "file");
    const auto buffer = room(2 * kPage);
    if (!reader.read(4 * kPage, buffer)) read_at(file_.get(), 4 * kPage, buffer, "file");
    EXPECT_TRUE(std::ranges::equal(buffer, newer));
}

}  // namespace
}  // namespace kist::os
