#include "repository/reserve.hpp"

#include "kist/base/error.hpp"
#include "kist/os/file.hpp"

#include "repository/layout.hpp"

#include <algorithm>

#include <sys/statvfs.h>

namespace kist::repository {
namespace {

constexpr std::uint64_t kMaximum = 16U << 20U;
constexpr std::uint64_t kLeastFree = 256U << 10U;

// A hundredth of the volume, at most 16 MiB: directory blocks, journal and the catalog's log of one apply.
std::uint64_t reserve_size(const os::Directory& control) {
    struct statvfs space {};
    if (fstatvfs(control.fd(), &space) != 0) return 0;
    const auto volume = std::uint64_t{space.f_frsize} * space.f_blocks;
    return std::min(kMaximum, volume / 100 / 4096 * 4096);
}

}  // namespace

void fill_reserve(const os::Directory& control) {
    const auto size = reserve_size(control);
    if (const auto status = control.find_status(kReserve); status && status->size == size) return;
    release_reserve(control);
    try {
        const auto file = control.open_file_for_writing(kReserve, os::Create::exclusive);
        os::allocate(file.get(), size, kReserve);
    } catch (const Error& error) {
        release_reserve(control);
        if (error.code() != ErrorCode::no_space && error.error_number() == 0) throw;
    }
}

void release_reserve_if_full(const os::Directory& control) {
    struct statvfs space {};
    if (fstatvfs(control.fd(), &space) != 0 || (space.f_flag & ST_RDONLY) != 0) return;
    if (std::uint64_t{space.f_frsize} * space.f_bavail < kLeastFree) release_reserve(control);
}

bool release_reserve(const os::Directory& control) {
    if (!control.find_status(kReserve)) return false;
    control.remove_file(kReserve);
    return true;
}

}  // namespace kist::repository
