#pragma once
// A block device whose writes and flushes go into a log on their way into an image file: a process of its own serves
// the file through FUSE, and a loop device stands on it. Needs root.

#include "kist/block/loop_device.hpp"

#include "crash/write_log.hpp"

#include <optional>
#include <string>

#include <sys/types.h>

namespace kist::crash {

class RecordedDevice {
  public:
    // place: an empty file, over which the served one is mounted.
    RecordedDevice(const std::string& image, const std::string& place, const WriteLog& log);
    RecordedDevice(const RecordedDevice&) = delete;
    RecordedDevice& operator=(const RecordedDevice&) = delete;
    ~RecordedDevice();

    const std::string& path() const { return loop_->path(); }

  private:
    std::string place_;
    pid_t server_ = 0;
    std::optional<block::LoopDevice> loop_;
};

}  // namespace kist::crash
