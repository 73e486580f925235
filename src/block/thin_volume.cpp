#include "kist/block/thin_volume.hpp"

#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/lock.hpp"
#include "kist/os/process.hpp"

#include "block/lvm_report.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace kist::block {
namespace {

constexpr std::string_view kPrefix = "kist-snapshot-";
constexpr unsigned kMostUsed = 90;  // percent of a pool
constexpr std::size_t kSmallFile = 4096;
constexpr const char* kRuntimeFolder = "/run/kist";
constexpr const char* kLockFile = ".thin-snapshots";

// Through udev's absence, too: the programs make the nodes in /dev themselves then.
std::string run_lvm(const std::vector<std::string>& argv) {
    os::ProcessResult result;
    try {
        result = os::run(argv);
    } catch (const Error& error) {
        if (error.error_number() != ENOENT) throw;
        throw Error(ErrorCode::failed, fmt::format("{} is not installed", argv.front()), "It is in the package lvm2.");
    }
    if (result.status != 0)
        throw Error(ErrorCode::failed, fmt::format("{} failed: {}", argv.front(), os::printable(result.output)));
    return std::move(result.output);
}

std::vector<LvmRow> list(const std::string& columns, const std::string& what, const std::string& selection) {
    std::vector<std::string> argv{"lvs", "--noheadings", "--nameprefixes", "-o", columns};
    if (!selection.empty()) argv.insert(argv.end(), {"--select", selection});
    argv.push_back(what);
    return parse_lvm_report(run_lvm(argv));
}

std::optional<std::string> read_line(const std::string& path) {
    try {
        auto text = os::read_small_file(path, kSmallFile);
        if (text.ends_with('\n')) text.pop_back();
        return text;
    } catch (const Error&) {
        return std::nullopt;
    }
}

os::Fd open_lock_file() {
    if (mkdir(kRuntimeFolder, 0700) != 0 && errno != EEXIST)
        throw Error::from_errno(errno, fmt::format("cannot create {}", kRuntimeFolder));
    const auto folder = os::Directory::open(kRuntimeFolder);
    os::Fd fd(openat(folder.fd(), kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw Error::from_errno(errno, fmt::format("cannot open {}/{}", kRuntimeFolder, kLockFile));
    return fd;
}

bool is_ours(const std::string& name) {
    return name.starts_with(kPrefix) && parse_uuid(name.substr(kPrefix.size()));
}

void remove_volume(const std::string& group, const std::string& name) {
    run_lvm({"lvremove", "--force", "--yes", group + "/" + name});
}

void remove_leftovers(const ThinVolume& origin) {
    for (const auto& row : list("lv_name", origin.group, fmt::format("origin=\"{}\"", origin.name)))
        if (const auto name = value_of(row, "lv_name"); is_ours(name)) remove_volume(origin.group, name);
}

void require_room(const ThinVolume& origin) {
    const auto pool = fmt::format("{}/{}", origin.group, origin.pool);
    const auto rows = list("data_percent,metadata_percent", pool, "");
    if (rows.empty()) throw Error(ErrorCode::failed, "lvs tells nothing of the thin pool " + os::printable(pool));
    const auto data = percent_of(rows.front(), "data_percent");
    const auto metadata = percent_of(rows.front(), "metadata_percent");
    if (data < kMostUsed && metadata < kMostUsed) return;
    throw Error(ErrorCode::no_space,
                fmt::format("the thin pool {} is too full for a snapshot of the source: {}% of its room and {}% of its "
                            "metadata's are in use",
                            os::printable(pool), data, metadata),
                "Make it larger (lvextend), or read the source as it is: --source-snapshot never.");
}

}  // namespace

std::optional<std::string> find_logical_volume(std::uint64_t device) {
    const auto folder = fmt::format("/sys/dev/block/{}:{}/dm/", major(device), minor(device));
    const auto uuid = read_line(folder + "uuid");
    const auto name = read_line(folder + "name");
    if (!uuid || !name || !uuid->starts_with("LVM-") || name->find('/') != std::string::npos) return std::nullopt;
    return "/dev/mapper/" + *name;
}

std::optional<ThinVolume> find_thin_volume(const std::string& logical_volume) {
    const auto rows = list("vg_name,lv_name,segtype,pool_lv", logical_volume, "");
    if (rows.empty() || value_of(rows.front(), "segtype") != "thin") return std::nullopt;
    const auto& row = rows.front();
    return ThinVolume{value_of(row, "vg_name"), value_of(row, "lv_name"), value_of(row, "pool_lv")};
}

ThinSnapshot::ThinSnapshot(const ThinVolume& origin)
    : lock_(open_lock_file()), group_(origin.group), name_(std::string(kPrefix) + to_string(random_uuid())) {
    if (os::try_lock(lock_.get(), os::LockMode::exclusive)) remove_leftovers(origin);
    os::wait_for_lock(lock_.get(), os::LockMode::shared);
    require_room(origin);
    run_lvm({"lvcreate", "--snapshot", "--name", name_, "--setactivationskip", "y", "--ignoreactivationskip",
             "--permission", "rw", fmt::format("{}/{}", origin.group, origin.name)});
}

ThinSnapshot::~ThinSnapshot() {
    try {
        remove_volume(group_, name_);
    } catch (const Error&) {  // the next run tries again
    }
}

std::string ThinSnapshot::device() const {
    return mapper_path(group_, name_);
}

}  // namespace kist::block
