#include "volume/plaintext_file.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>

#include <fcntl.h>
#include <unistd.h>

namespace kist::volume {
namespace {

constexpr std::size_t kDirectUnit = 4096;
constexpr const char* kName = "the container";

struct FreeMemory {
    void operator()(void* memory) const noexcept { std::free(memory); }
};

// What FUSE can pass on: an errno.
template <typename Action>
int error_number_of(const Action& action) noexcept {
    try {
        action();
        return 0;
    } catch (const Error& error) {
        return error.error_number() != 0 ? error.error_number() : EIO;
    } catch (...) {
        return EIO;
    }
}

bool set_direct(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_DIRECT) == 0;
}

std::uint64_t end_of(int fd) {
    const auto end = lseek(fd, 0, SEEK_END);
    if (end < 0) throw Error::from_errno(errno, "cannot get the size of the container");
    return static_cast<std::uint64_t>(end);
}

}  // namespace

std::uint64_t plaintext_size(int container, const luks::Layout& layout) {
    const auto end = end_of(container);
    if (end <= layout.data_offset) throw Error(ErrorCode::damaged, "the container ends before its data begins");
    return (end - layout.data_offset) / layout.sector_size * layout.sector_size;
}

struct PlaintextFile::Range {
    std::uint64_t begin;
    std::size_t size;
};

struct PlaintextFile::Lane {
    Lane(const Secret& key, std::size_t sector_size, std::size_t buffer_size)
        : cipher(key, sector_size),
          memory(static_cast<std::byte*>(std::aligned_alloc(kDirectUnit, buffer_size))),
          buffer(memory.get(), buffer_size) {
        if (memory == nullptr) throw std::bad_alloc();
    }

    crypto::AesXts cipher;
    std::unique_ptr<std::byte, FreeMemory> memory;
    std::span<std::byte> buffer;
};

class PlaintextFile::LaneLease {
  public:
    explicit LaneLease(PlaintextFile& file) : file_(file) {
        std::unique_lock lock(file_.lanes_mutex_);
        file_.lane_returned_.wait(lock, [&] { return !file_.free_lanes_.empty(); });
        lane_ = std::move(file_.free_lanes_.back());
        file_.free_lanes_.pop_back();
    }
    LaneLease(const LaneLease&) = delete;
    LaneLease& operator=(const LaneLease&) = delete;
    ~LaneLease() {
        {
            const std::lock_guard lock(file_.lanes_mutex_);
            file_.free_lanes_.push_back(std::move(lane_));  // within the capacity: does not throw
        }
        file_.lane_returned_.notify_one();
    }
    Lane& lane() noexcept { return *lane_; }

  private:
    PlaintextFile& file_;
    std::unique_ptr<Lane> lane_;
};

PlaintextFile::PlaintextFile(int container, const luks::Layout& layout, const Secret& volume_key, unsigned lanes)
    : container_(container), data_offset_(layout.data_offset), unit_(layout.sector_size) {
    size_ = plaintext_size(container, layout);
    const bool fits_direct = size_ % kDirectUnit == 0 && data_offset_ % kDirectUnit == 0;
    direct_ = fits_direct && set_direct(container);
    if (direct_) unit_ = std::max(unit_, kDirectUnit);
    // Unaligned at both ends, a request touches two units more than its size; whole pages for aligned_alloc.
    const auto buffer_size = fuse::kLargestRequest + 2 * std::max(unit_, kDirectUnit);
    for (unsigned i = 0; i < lanes; ++i)
        free_lanes_.push_back(std::make_unique<Lane>(volume_key, layout.sector_size, buffer_size));
}

PlaintextFile::~PlaintextFile() = default;

bool PlaintextFile::is_aligned(std::uint64_t offset, std::size_t size) const noexcept {
    return offset % unit_ == 0 && size % unit_ == 0;
}

PlaintextFile::Range PlaintextFile::units_around(std::uint64_t offset, std::size_t size) const noexcept {
    const auto begin = offset / unit_ * unit_;
    const auto end = (offset + size + unit_ - 1) / unit_ * unit_;
    return {begin, static_cast<std::size_t>(end - begin)};
}

int PlaintextFile::read(std::uint64_t offset, std::span<std::byte> buffer) noexcept {
    return error_number_of([&] {
        LaneLease lease(*this);
        const bool direct_fits = reinterpret_cast<std::uintptr_t>(buffer.data()) % kDirectUnit == 0;
        if (direct_fits && is_aligned(offset, buffer.size())) return read_units(lease.lane(), offset, buffer);
        const auto range = units_around(offset, buffer.size());
        const auto units = lease.lane().buffer.first(range.size);
        read_units(lease.lane(), range.begin, units);
        std::ranges::copy(units.subspan(offset - range.begin, buffer.size()), buffer.begin());
    });
}

int PlaintextFile::write(std::uint64_t offset, std::span<const std::byte> bytes) noexcept {
    return error_number_of([&] {
        LaneLease lease(*this);
        if (is_aligned(offset, bytes.size())) {
            const std::shared_lock lock(units_);
            return write_units(lease.lane(), offset, bytes);
        }
        const std::unique_lock lock(units_);
        write_part_of_units(lease.lane(), offset, bytes);
    });
}

int PlaintextFile::sync() noexcept {
    return fdatasync(container_) == 0 ? 0 : errno;
}

void PlaintextFile::read_units(Lane& lane, std::uint64_t offset, std::span<std::byte> buffer) {
    if (os::read_at(container_, data_offset_ + offset, buffer, kName) != buffer.size())
        throw Error::from_errno(EIO, "the container has become shorter");
    lane.cipher.decrypt(offset, buffer, buffer);
}

void PlaintextFile::write_units(Lane& lane, std::uint64_t offset, std::span<const std::byte> bytes) {
    const auto encrypted = lane.buffer.first(bytes.size());
    lane.cipher.encrypt(offset, bytes, encrypted);
    os::write_at(container_, data_offset_ + offset, encrypted, kName);
}

void PlaintextFile::write_part_of_units(Lane& lane, std::uint64_t offset, std::span<const std::byte> bytes) {
    const auto range = units_around(offset, bytes.size());
    const auto units = lane.buffer.first(range.size);
    read_units(lane, range.begin, units);
    std::copy(bytes.begin(), bytes.end(), units.subspan(offset - range.begin).begin());
    write_units(lane, range.begin, units);
}

}  // namespace kist::volume
