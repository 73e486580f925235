#include "kist/fuse/file_server.hpp"

#include "kist/base/error.hpp"
#include "kist/os/fd.hpp"
#include "kist/os/file.hpp"

#include "temporary_directory.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::fuse {
namespace {

class MemoryContent : public FileContent {
  public:
    explicit MemoryContent(std::size_t size) : bytes_(size) {}
    std::uint64_t size() const noexcept override { return bytes_.size(); }
    int read(std::uint64_t offset, std::span<std::byte> buffer) noexcept override {
        const std::lock_guard lock(mutex_);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), buffer.size(), buffer.begin());
        return failing;
    }
    int write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept override {
        const std::lock_guard lock(mutex_);
        std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
        return failing;
    }
    int sync() noexcept override {
        ++syncs;
        return failing;
    }

    std::atomic<int> failing{0};
    std::atomic<int> syncs{0};

  private:
    std::mutex mutex_;
    std::vector<std::byte> bytes_;
};

class FileServerTest : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root";
        if (access("/dev/fuse", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/fuse";
        test::write_file(path_, "");
        server_.emplace(path_, content_);
        thread_ = std::thread([this] { server_->run(4); });
    }
    void TearDown() override {
        umount2(path_.c_str(), MNT_DETACH);
        if (thread_.joinable()) thread_.join();
    }
    os::Fd open_file(int flags) const { return os::Fd(open(path_.c_str(), flags | O_CLOEXEC)); }

    test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "file";
    MemoryContent content_{3 << 20};
    std::optional<FileServer> server_;
    std::thread thread_;
};

TEST_F(FileServerTest, IsOnePrivateFileOfItsSize) {
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode));
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(status.st_size, 3 << 20);
}

TEST_F(FileServerTest, PassesReadsWritesAndFlushes) {
    const auto fd = open_file(O_RDWR);
    std::vector<std::byte> pattern(2 << 20);
    for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = static_cast<std::byte>(i * 7 % 251);
    os::write_at(fd.get(), 12345, pattern, path_);
    os::sync_file(fd.get(), path_);
    EXPECT_GE(content_.syncs, 1);
    std::vector<std::byte> found(pattern.size());
    EXPECT_EQ(os::read_at(fd.get(), 12345, found, path_), found.size());
    EXPECT_EQ(found, pattern);
    EXPECT_EQ(os::read_at(fd.get(), 3 << 20, found, path_), 0U);
}

TEST_F(FileServerTest, RefusesHolesAndGrowing) {
    const auto fd = open_file(O_RDWR);
    EXPECT_EQ(fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
    EXPECT_EQ(errno, EOPNOTSUPP);
    EXPECT_EQ(pwrite(fd.get(), "x", 1, 3 << 20), -1);
    EXPECT_EQ(errno, EFBIG);
}

TEST_F(FileServerTest, PassesFailuresOn) {
    const auto fd = open_file(O_RDWR | O_DIRECT);
    content_.failing = ENOSPC;
    alignas(4096) static std::array<std::byte, 4096> block{};
    EXPECT_EQ(pwrite(fd.get(), block.data(), block.size(), 0), -1);
    EXPECT_EQ(errno, ENOSPC);
    content_.failing = EIO;
    EXPECT_EQ(pread(fd.get(), block.data(), block.size(), 0), -1);
    EXPECT_EQ(errno, EIO);
    EXPECT_EQ(fsync(fd.get()), -1);
    content_.failing = 0;
}

TEST(FileServer, SaysWhereItCannotMount) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    MemoryContent content(1);
    testing::internal::CaptureStderr();  // libfuse prints its own reason
    EXPECT_THROW(FileServer("/no/such/file", content), Error);
    testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace kist::fuse
