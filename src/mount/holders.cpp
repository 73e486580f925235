#include "kist/mount/holders.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/process.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kist::mount {
namespace {

constexpr std::size_t kNamed = 5;

using Matches = std::function<bool(int directory, const char* link)>;

bool any_link_in(const std::string& folder, const Matches& matches) {
    const os::Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return false;
    const os::Directory directory{os::Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0))};
    for (const auto& entry : directory.entries())
        if (matches(directory.fd(), entry.name.c_str())) return true;
    return false;
}

bool holds(const std::string& process, const Matches& matches) {
    const os::Fd folder(open(process.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return false;
    for (const char* link : {"cwd", "root", "exe"})
        if (matches(folder.get(), link)) return true;
    return any_link_in(process + "/fd", matches) || any_link_in(process + "/map_files", matches);
}

// Processes come and go while they are listed: what cannot be read is passed over.
bool holds_safely(const std::string& process, const Matches& matches) {
    try {
        return holds(process, matches);
    } catch (const Error&) {
        return false;
    }
}

std::vector<Holder> holders(const Matches& matches) {
    std::vector<Holder> found;
    for (const auto& entry : os::Directory::open("/proc").entries()) {
        int pid = 0;
        const auto* const end = entry.name.data() + entry.name.size();
        if (std::from_chars(entry.name.data(), end, pid).ptr != end || pid == getpid()) continue;
        if (holds_safely("/proc/" + entry.name, matches)) found.push_back({pid, os::process_name(pid)});
    }
    std::ranges::sort(found, {}, &Holder::pid);
    return found;
}

// statx with AT_STATX_DONT_SYNC: a filesystem whose server has died or hangs is not asked.
std::optional<struct statx> status_behind(int directory, const char* link) {
    struct statx status {};
    if (statx(directory, link, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_INO, &status) != 0) return std::nullopt;
    return status;
}

}  // namespace

std::vector<Holder> holders_of_mount(const std::string& mount_point) {
    const auto mount = find_mount(mount_point);
    if (!mount) return {};
    return holders([device = mount->device](int directory, const char* link) {
        const auto status = status_behind(directory, link);
        return status && makedev(status->stx_dev_major, status->stx_dev_minor) == device;
    });
}

std::vector<Holder> holders_of_file(std::uint64_t device, std::uint64_t inode) {
    return holders([=](int directory, const char* link) {
        const auto status = status_behind(directory, link);
        return status && status->stx_ino == inode && makedev(status->stx_dev_major, status->stx_dev_minor) == device;
    });
}

std::string describe(const std::vector<Holder>& holders) {
    std::string text;
    for (std::size_t i = 0; i < std::min(holders.size(), kNamed); ++i) {
        if (i > 0) text += i + 1 == holders.size() ? " and " : ", ";
        text += os::printable(holders[i].name) + " (process " + std::to_string(holders[i].pid) + ")";
    }
    if (holders.size() > kNamed) text += " and " + std::to_string(holders.size() - kNamed) + " more";
    return text;
}

}  // namespace kist::mount
