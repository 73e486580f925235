#include "volume/foreign_mapping.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/loop_device.hpp"
#include "kist/block/signature.hpp"
#include "kist/luks/mapping.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace kist::volume {
namespace {

constexpr std::size_t kUuidDigits = 32;

struct Mapped {
    std::string name;
    Uuid luks;
    std::string below;  // the kernel's name of the device that it decrypts
};

std::string first_line(const std::string& path) {
    const auto text = os::read_small_file(path);
    return text.substr(0, text.find('\n'));
}

// nullopt: no LUKS mapping, or one that stands on several devices, or is just going.
std::optional<Mapped> read_mapping(const std::filesystem::path& block) {
    try {
        const auto luks = luks_uuid_of_mapping(first_line(block / "dm/uuid"));
        const auto below = os::Directory::open(block / "slaves").entries();
        if (!luks || below.size() != 1) return std::nullopt;
        return Mapped{.name = first_line(block / "dm/name"), .luks = *luks, .below = below.front().name};
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::vector<Mapped> mappings() {
    std::vector<Mapped> found;
    std::error_code absent;
    for (const auto& block : std::filesystem::directory_iterator("/sys/block", absent))
        if (block.path().filename().string().starts_with("dm-"))
            if (auto mapped = read_mapping(block.path())) found.push_back(std::move(*mapped));
    return found;
}

std::optional<mount::MountEntry> mount_of(std::uint64_t device) {
    for (auto& entry : mount::mount_table())
        if (entry.device == device && entry.root == "/") return std::move(entry);
    return std::nullopt;
}

bool is_for_backups(const std::string& mount_point) {
    const auto folder = os::Directory::open(mount_point).find_status(".kist");
    return folder && folder->type == os::FileType::directory;
}

// The file, where a loop device makes a disk of one.
std::string container_of(const std::string& below) {
    return block::loop_backing_file(below).value_or(below);
}

os::Access access_of(const std::string& mount_point) {
    struct statvfs info {};
    const bool read_only = statvfs(mount_point.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
    return read_only ? os::Access::read_only : os::Access::read_write;
}

Record record_of(const Mapped& mapped, const std::string& device, const mount::MountEntry& mount) {
    const auto below = "/dev/" + mapped.below;
    const auto luks = block::probe(below);
    const auto filesystem = block::probe(device);
    Record record;
    record.identity = {.luks = mapped.luks,
                       .filesystem = parse_uuid(filesystem ? filesystem->uuid : "").value_or(Uuid{}),
                       .label = luks ? luks->label : ""};
    record.container = container_of(below);
    record.container_id = find_container_id(record.container).value_or(ContainerId{});
    record.mount_point = mount.mount_point;
    record.engine = EngineKind::dm_crypt;
    record.access = access_of(mount.mount_point);
    record.mapping.device = device;
    return record;
}

// nullopt: not mounted, not for backups, or going while it was looked at.
std::optional<Record> look_at(const Mapped& mapped) {
    try {
        const auto device = luks::mapping_path(mapped.name);
        const auto number = block::device_number(device);
        const auto mount = number ? mount_of(*number) : std::nullopt;
        if (!mount || !is_for_backups(mount->mount_point)) return std::nullopt;
        return record_of(mapped, device, *mount);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<Uuid> luks_uuid_of_mapping(std::string_view dm_uuid) {
    for (const std::string_view prefix : {"CRYPT-LUKS2-", "CRYPT-LUKS1-"}) {
        if (!dm_uuid.starts_with(prefix)) continue;
        const auto digits = dm_uuid.substr(prefix.size(), kUuidDigits);
        if (digits.size() != kUuidDigits || dm_uuid.substr(prefix.size() + kUuidDigits, 1) != "-") return std::nullopt;
        return parse_uuid(fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                                      digits.substr(16, 4), digits.substr(20)));
    }
    return std::nullopt;
}

std::vector<Record> foreign_records() {
    std::vector<Record> records;
    for (const auto& mapped : mappings())
        if (auto record = look_at(mapped)) records.push_back(std::move(*record));
    return records;
}

}  // namespace kist::volume
