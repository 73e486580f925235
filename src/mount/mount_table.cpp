#include "kist/mount/mount_table.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/holders.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/process.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ranges>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kist::mount {
namespace {

constexpr std::size_t kTableLimit = 64 << 20;

std::string_view take(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const auto taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
}

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

// Space, tab, newline and backslash stand as \ooo.
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && std::ranges::all_of(text.substr(i + 1, 3), is_octal)) {
            plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::uint64_t device_number(std::string_view text) {
    unsigned major_number = 0;
    unsigned minor_number = 0;
    const auto colon = std::min(text.find(':'), text.size());
    std::from_chars(text.data(), text.data() + colon, major_number);
    if (colon < text.size()) std::from_chars(text.data() + colon + 1, text.data() + text.size(), minor_number);
    return makedev(major_number, minor_number);
}

MountEntry parse_line(std::string_view line) {
    MountEntry entry;
    take(line, ' ');  // mount id
    take(line, ' ');  // parent id
    entry.device = device_number(take(line, ' '));
    entry.root = unescape(take(line, ' '));
    entry.mount_point = unescape(take(line, ' '));
    while (!line.empty() && take(line, ' ') != "-") {
    }  // options, and any number of optional fields up to the hyphen
    entry.type = take(line, ' ');
    entry.source = unescape(take(line, ' '));
    return entry;
}

[[noreturn]] void fail_busy(const std::string& mount_point) {
    const auto holders = holders_of_mount(mount_point);
    const auto names = describe(holders);
    throw Error(ErrorCode::busy, os::printable(mount_point) + " is in use" + (names.empty() ? "" : " by " + names),
                names.empty() ? "Is something mounted below it, or is it mounted in another namespace?"
                              : "End these processes or make them leave the folder, then try again.");
}

// What an ordinary user has mounted by FUSE.
void unmount_own(const std::string& mount_point, const char* how) {
    if (!find_mount(mount_point)) return;
    const auto result = os::run({"fusermount3", how, mount_point});
    if (result.status == 0 || !find_mount(mount_point)) return;
    if (result.output.find("busy") != std::string::npos) fail_busy(mount_point);
    throw Error(ErrorCode::failed, "cannot unmount " + os::printable(mount_point) + ": " + result.output);
}

std::string options_for_errors(const std::string& type) {
    return type.starts_with("ext") ? "errors=remount-ro" : "";
}

std::string option_without_journal(const std::string& type) {
    if (type == "xfs") return "norecovery";
    if (type == "btrfs") return "rescue=nologreplay";
    return type.starts_with("ext") ? "noload" : "";
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string_view mountinfo) {
    std::vector<MountEntry> entries;
    while (!mountinfo.empty())
        if (const auto line = take(mountinfo, '\n'); !line.empty()) entries.push_back(parse_line(line));
    return entries;
}

std::vector<MountEntry> mount_table() {
    return parse_mount_table(os::read_small_file("/proc/self/mountinfo", kTableLimit));
}

bool is_on_device(const MountEntry& entry, std::uint64_t number) {
    if (entry.device == number) return true;
    struct stat status {};  // only devices are asked for: a file on another filesystem may hang
    return entry.source.starts_with("/dev/") && stat(entry.source.c_str(), &status) == 0 && S_ISBLK(status.st_mode) &&
           status.st_rdev == number;
}

std::optional<MountEntry> find_mount(const std::string& mount_point) {
    std::optional<MountEntry> found;
    for (auto& entry : mount_table())
        if (entry.mount_point == mount_point) found = std::move(entry);
    return found;
}

void mount_device(const std::string& device, const std::string& mount_point, const std::string& type,
                  os::Access access) {
    const bool read_only = access == os::Access::read_only;
    unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;
    if (read_only) flags |= MS_RDONLY;
    const auto try_with = [&](const std::string& options) {
        return ::mount(device.c_str(), mount_point.c_str(), type.c_str(), flags, options.c_str()) == 0;
    };
    if (try_with(options_for_errors(type))) return;
    // A device that cannot be written, with a journal that would have to be.
    if (read_only && errno == EROFS && try_with(option_without_journal(type))) return;
    const int error = errno;
    const auto message = "cannot mount the " + type + " filesystem at " + os::printable(mount_point);
    if (error == EUCLEAN || error == EINVAL)
        throw Error(ErrorCode::damaged, message + ": the kernel does not accept it",
                    "Its reason stands at the end of the kernel's log (dmesg).");
    throw Error::from_errno(error, message);
}

void unmount(const std::string& mount_point) {
    if (geteuid() != 0) return unmount_own(mount_point, "-u");
    if (umount2(mount_point.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return;
    if (errno == EBUSY) fail_busy(mount_point);
    throw Error::from_errno(errno, "cannot unmount " + os::printable(mount_point));
}

void detach_mount(const std::string& mount_point) {
    if (geteuid() != 0) return unmount_own(mount_point, "-uz");
    if (umount2(mount_point.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0 || errno == EINVAL || errno == ENOENT) return;
    throw Error::from_errno(errno, "cannot unmount " + os::printable(mount_point));
}

}  // namespace kist::mount
