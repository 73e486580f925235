#pragma once
// Reads a file past the page cache (open(2), O_DIRECT), where the cache holds nothing of what is asked for
// (cachestat(2), since Linux 6.5): for bytes that end in another cache, as those of a FUSE filesystem do.
// Threads: any.

#include "kist/os/fd.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kist::os {

class UncachedReader {
  public:
    static constexpr std::size_t kPage = 4096;

    // fd: open for reading; outlives it.
    explicit UncachedReader(int fd);

    // Whether this machine and the file's filesystem have such a way, as far as is known.
    bool is_usable() const noexcept { return is_usable_; }
    // False: nothing was read, and the usual way has to be taken. So it is where the cache holds some of the range,
    // where offset, size or memory do not begin on a page, and at the end of the file.
    bool read(std::uint64_t offset, std::span<std::byte> buffer) noexcept;

  private:
    const int fd_;
    const Fd direct_;
    std::atomic<bool> is_usable_;
};

}  // namespace kist::os
