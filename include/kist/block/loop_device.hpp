#pragma once
// Loop devices: a file as a block device. They are made with autoclear, so the kernel frees one when its last user (a
// descriptor, a mount, a mapping above it) has gone; they outlive the process that made them as long as one is there.

#include "kist/os/fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kist::block {

class LoopDevice {
  public:
    // fd: the backing file, open for reading and writing. block_size: the logical one, 512 to 4096. I/O to the backing
    // file bypasses the page cache where that file allows it (direct()).
    static LoopDevice attach(int fd, const std::string& name, std::uint32_t block_size);

    const std::string& path() const noexcept { return path_; }
    bool direct() const;
    std::uint32_t block_size() const;

  private:
    LoopDevice(os::Fd fd, std::string path) noexcept : fd_(std::move(fd)), path_(std::move(path)) {}

    os::Fd fd_;  // keeps the device from clearing itself before somebody uses it
    std::string path_;
};

// The path of the file behind a loop device, as it was when it was attached; nullopt: the device is free or gone.
std::optional<std::string> loop_backing_file(const std::string& device);

// The loop devices that the file with this device number and inode lies behind.
std::vector<std::string> loop_devices_of(std::uint64_t device, std::uint64_t inode);

// Frees the device now, or when its last user goes. One that is free already is success.
void detach_loop(const std::string& device);

}  // namespace kist::block
