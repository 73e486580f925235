#include "crash/recorded_device.hpp"

#include "kist/base/error.hpp"
#include "kist/fuse/file_server.hpp"
#include "kist/os/file.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kist::crash {
namespace {

constexpr std::uint32_t kSector = 512;

os::Fd open_image(const std::string& path) {
    os::Fd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) throw Error::from_errno(errno, "cannot open " + path);
    return fd;
}

int errno_of(const Error& error) {
    return error.error_number() != 0 ? error.error_number() : EIO;
}

class RecordedContent : public fuse::FileContent {
  public:
    RecordedContent(const std::string& image, const WriteLog& log) : fd_(open_image(image)), log_(log) {
        struct stat status {};
        fstat(fd_.get(), &status);
        size_ = static_cast<std::uint64_t>(status.st_size);
    }

    std::uint64_t size() const noexcept override { return size_; }
    int read(std::uint64_t offset, std::span<std::byte> buffer) noexcept override try {
        os::read_at(fd_.get(), offset, buffer, "image");
        return 0;
    } catch (const Error& error) {
        return errno_of(error);
    }
    int write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept override try {
        log_.write(offset, bytes);
        os::write_at(fd_.get(), offset, bytes, "image");
        return 0;
    } catch (const Error& error) {
        return errno_of(error);
    }
    int sync() noexcept override try {
        log_.flush();
        return 0;
    } catch (const Error& error) {
        return errno_of(error);
    }

  private:
    os::Fd fd_;
    const WriteLog& log_;
    std::uint64_t size_ = 0;
};

// One thread: what the log says was before a flush was, and what comes after was not.
[[noreturn]] void serve(const std::string& image, const std::string& place, const WriteLog& log, int ready) try {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    RecordedContent content(image, log);
    fuse::FileServer server(place, content);
    os::write_all(ready, os::as_bytes("+"), "pipe");
    server.run(1);
    _exit(0);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    _exit(1);
}

pid_t start_server(const std::string& image, const std::string& place, const WriteLog& log) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "cannot make a pipe");
    const os::Fd reader(ends[0]);
    os::Fd writer(ends[1]);
    const pid_t child = fork();
    if (child < 0) throw Error::from_errno(errno, "cannot start the recorder");
    if (child == 0) serve(image, place, log, writer.get());
    writer = os::Fd();
    std::byte sign{};
    if (os::read_some(reader.get(), std::span(&sign, 1), "pipe") == 1) return child;
    waitpid(child, nullptr, 0);
    throw Error(ErrorCode::failed, "the recorder did not start");
}

}  // namespace

RecordedDevice::RecordedDevice(const std::string& image, const std::string& place, const WriteLog& log)
    : place_(place), server_(start_server(image, place, log)) {
    loop_ = block::LoopDevice::attach(open_image(place).get(), place, kSector);
}

RecordedDevice::~RecordedDevice() {
    using namespace std::chrono_literals;
    loop_.reset();
    // The loop device lets go of the file a moment after its own last user.
    while (umount2(place_.c_str(), 0) != 0 && errno == EBUSY) std::this_thread::sleep_for(1ms);
    waitpid(server_, nullptr, 0);
}

}  // namespace kist::crash
