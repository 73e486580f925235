#pragma once
// The decrypted device, as content of a FUSE file: every read and write goes through AES-XTS to the container.
//
// 1. The container's page cache is bypassed (O_DIRECT) where its filesystem allows that: buffered, the engine would
//    wait in memory reclaim for pages that only it can clean, and hang.
// 2. I/O is in whole units: the sector, or 4096 bytes where that is larger and direct I/O needs it. A write of a part
//    of a unit reads the rest first, and no other write runs meanwhile.
// 3. A lane (cipher contexts and a buffer) is one thread's for the time of one request; there are as many as threads.

#include "kist/base/secret.hpp"
#include "kist/crypto/aes_xts.hpp"
#include "kist/fuse/file_server.hpp"
#include "kist/luks/header.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace kist::volume {

// In bytes: whole sectors from the layout's data offset to the end of the container. A container that ends before: a
// damaged Error.
std::uint64_t plaintext_size(int container, const luks::Layout& layout);

class PlaintextFile : public fuse::FileContent {
  public:
    // container: stays open and the caller's; O_DIRECT is set on it where possible. Its size is taken now.
    PlaintextFile(int container, const luks::Layout& layout, const Secret& volume_key, unsigned lanes);
    ~PlaintextFile() override;

    std::uint64_t size() const noexcept override { return size_; }
    int read(std::uint64_t offset, std::span<std::byte> buffer) noexcept override;
    int write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept override;
    int sync() noexcept override;

    bool direct() const noexcept { return direct_; }

  private:
    struct Range;
    struct Lane;
    class LaneLease;

    bool is_aligned(std::uint64_t offset, std::size_t size) const noexcept;
    Range units_around(std::uint64_t offset, std::size_t size) const noexcept;
    void read_units(Lane& lane, std::uint64_t offset, std::span<std::byte> buffer);
    void write_units(Lane& lane, std::uint64_t offset, std::span<const std::byte> bytes);
    void write_part_of_units(Lane& lane, std::uint64_t offset, std::span<const std::byte> bytes);

    int container_;
    std::uint64_t data_offset_;
    std::uint64_t size_ = 0;
    std::size_t unit_;
    bool direct_ = false;
    std::shared_mutex units_;  // exclusive: a write of a part of a unit
    std::mutex lanes_mutex_;
    std::condition_variable lane_returned_;
    std::vector<std::unique_ptr<Lane>> free_lanes_;
};

}  // namespace kist::volume
