#include "fuse/read_ahead.hpp"

#include "kist/os/fd.hpp"

#include <array>
#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::fuse {

void set_read_ahead(const std::string& folder, std::size_t bytes) {
    struct statx found {};
    const int as_it_is_known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
    if (statx(AT_FDCWD, folder.c_str(), as_it_is_known, 0, &found) != 0) return;
    std::array<char, 64> path{};
    fmt::format_to_n(path.data(), path.size() - 1, "/sys/class/bdi/{}:{}/read_ahead_kb", found.stx_dev_major,
                     found.stx_dev_minor);
    const os::Fd setting(open(path.data(), O_WRONLY | O_CLOEXEC));
    if (setting.get() < 0) return;
    std::array<char, 20> text{};
    const auto end = std::to_chars(text.begin(), text.end(), bytes / 1024).ptr;
    [[maybe_unused]] const auto written =
        write(setting.get(), text.data(), static_cast<std::size_t>(end - text.data()));
}

}  // namespace kist::fuse
