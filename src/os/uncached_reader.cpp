#include "kist/os/uncached_reader.hpp"

#include <array>
#include <bit>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kist::os {
namespace {

// From linux/mman.h and asm/unistd.h of Linux 6.5.
#ifdef SYS_cachestat
constexpr long kCachestat = SYS_cachestat;
#else
constexpr long kCachestat = 451;
#endif

struct CacheRange {
    std::uint64_t offset;
    std::uint64_t length;
};

struct CacheState {
    std::uint64_t cached;
    std::uint64_t dirty;
    std::uint64_t being_written;
    std::uint64_t evicted;
    std::uint64_t recently_evicted;
};

bool knows_cache(int fd, CacheRange range, CacheState& state) noexcept {
    return syscall(kCachestat, fd, &range, &state, 0) == 0;
}

Fd open_directly(int fd) {
    std::array<char, 32> path{};
    fmt::format_to_n(path.data(), path.size() - 1, "/proc/self/fd/{}", fd);
    return Fd(open(path.data(), O_RDONLY | O_DIRECT | O_CLOEXEC));
}

bool is_on_page(std::uint64_t value) {
    return value % UncachedReader::kPage == 0;
}

}  // namespace

UncachedReader::UncachedReader(int fd) : fd_(fd), direct_(open_directly(fd)), is_usable_(static_cast<bool>(direct_)) {
    CacheState state{};
    if (!knows_cache(fd, {0, 1}, state)) is_usable_ = false;
}

bool UncachedReader::read(std::uint64_t offset, std::span<std::byte> buffer) noexcept {
    const auto memory = std::bit_cast<std::uintptr_t>(buffer.data());
    if (!is_usable_ || !is_on_page(offset) || !is_on_page(buffer.size()) || !is_on_page(memory)) return false;
    CacheState state{};
    if (!knows_cache(fd_, {offset, buffer.size()}, state) || state.cached > 0) return false;
    const auto got = pread(direct_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINVAL) is_usable_ = false;
    return got == static_cast<ssize_t>(buffer.size());
}

}  // namespace kist::os
