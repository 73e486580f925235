#include "kist/block/claims.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/loop_device.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "block/sysfs.hpp"

#include <cerrno>
#include <chrono>
#include <sstream>
#include <thread>

#include <fcntl.h>

namespace kist::block {
namespace {

using namespace std::chrono_literals;

// udev looks into every device that was written to, and claims it meanwhile.
constexpr auto kPatience = 3000ms;
constexpr auto kPause = 50ms;

Upper upper_called(const std::string& kernel_name) {
    const auto folder = "/sys/class/block/" + kernel_name;
    return {.path = "/dev/" + kernel_name,
            .name = attribute(folder, "dm/name").value_or(kernel_name),
            .number = device_number_of(folder)};
}

void append_loops_on(std::uint64_t number, std::vector<Upper>& found) {
    for (const auto& name : names_in("/sys/block")) {
        if (!name.starts_with("loop")) continue;
        const auto backing = loop_backing_file("/dev/" + name);
        // Files elsewhere are not asked for: the filesystem they are on may hang.
        if (backing && backing->starts_with("/dev/") && device_number(*backing) == number)
            found.push_back(upper_called(name));
    }
}

// A space in a path is \040 there.
std::string unescape_blanks(std::string_view path) {
    constexpr std::string_view kBlank = "\\040";
    std::string plain;
    for (auto at = path.find(kBlank); at != std::string_view::npos; at = path.find(kBlank)) {
        plain.append(path.substr(0, at)).push_back(' ');
        path.remove_prefix(at + kBlank.size());
    }
    return plain.append(path);
}

[[noreturn]] void fail_to_claim(int error, const std::string& path) {
    const auto name = os::printable(path);
    if (error == EBUSY)
        throw Error(ErrorCode::busy, name + " is in use: something holds it or one of its partitions",
                    "Is it mounted in another namespace (a container), or open in another program?");
    if (error == ENOMEDIUM) throw Error(ErrorCode::failed, name + " has no medium in it", "Put one in.");
    if (error == EROFS || error == EACCES || error == EPERM)
        throw Error(ErrorCode::failed, name + " cannot be written: it is read-only",
                    "Does the disk have a write-protection switch? Preparing disks needs root, too.");
    throw Error::from_errno(error, "cannot open " + name);
}

}  // namespace

std::vector<Upper> devices_on(std::uint64_t number) {
    std::vector<Upper> found;
    if (const auto folder = sysfs_folder(number))
        for (const auto& name : names_in(*folder + "/holders")) found.push_back(upper_called(name));
    append_loops_on(number, found);
    return found;
}

bool is_swap(std::uint64_t number) {
    std::istringstream lines(os::read_small_file("/proc/swaps"));
    for (std::string line; std::getline(lines, line);)
        if (device_number(unescape_blanks(line.substr(0, line.find_first_of(" \t")))) == number) return true;
    return false;
}

std::vector<std::string> mounted_btrfs_on(std::uint64_t number) {
    std::vector<std::string> found;
    for (const auto& uuid : names_in("/sys/fs/btrfs")) {
        const auto folder = "/sys/fs/btrfs/" + uuid + "/devices";
        for (const auto& name : names_in(folder))
            if (device_number_of(folder + "/" + name) == number) found.push_back(uuid);
    }
    return found;
}

os::Fd claim(const std::string& path) {
    for (auto left = kPatience;; left -= kPause) {
        os::Fd fd(open(path.c_str(), O_RDWR | O_EXCL | O_NONBLOCK | O_CLOEXEC));
        if (fd) return fd;
        if (errno != EBUSY || left <= 0ms) fail_to_claim(errno, path);
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace kist::block
