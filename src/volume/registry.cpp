#include "volume/registry.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/pulled.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "volume/foreign_mapping.hpp"
#include "volume/patient_lock.hpp"
#include "volume/runtime_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kist::volume {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

void put(std::string& text, std::string_view key, std::string_view value) {
    text.append(key).append("=").append(value).push_back('\0');
}

Fields fields_of(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
        const auto field = text.substr(0, text.find('\0'));
        text.remove_prefix(std::min(field.size() + 1, text.size()));
        if (const auto equals = field.find('='); equals != std::string_view::npos)
            fields.emplace(field.substr(0, equals), field.substr(equals + 1));
    }
    return fields;
}

const std::string& text_in(const Fields& fields, std::string_view key) {
    static const std::string kNone;
    const auto found = fields.find(key);
    return found == fields.end() ? kNone : found->second;
}

std::uint64_t number_in(const Fields& fields, std::string_view key) {
    const auto& text = text_in(fields, key);
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// By the device's number; btrfs has one of its own, and fuse2fs none: there the mount says what it was made from.
bool is_mounted(const Record& record) {
    const auto mount = mount::find_mount(record.mount_point);
    if (!mount) return false;
    const auto device = block::device_number(record.mapping.device);
    if (device) return mount::is_on_device(*mount, *device);
    return mount->type.starts_with("fuse") && mount->source == record.mapping.device;
}

// fuse2fs may die by itself.
bool filesystem_has_died(const Record& record) {
    struct stat status {};
    return stat(record.mount_point.c_str(), &status) != 0 && errno == ENOTCONN;
}

std::optional<Record> read_own_record(const Uuid& luks) {
    try {
        return parse_record(os::read_small_file(record_path(luks)));
    } catch (const Error& error) {
        if (error.error_number() != ENOENT) throw;
        return std::nullopt;
    }
}

}  // namespace

std::string serialize(const Record& record) {
    std::string text;
    put(text, "luks", to_string(record.identity.luks));
    put(text, "filesystem", to_string(record.identity.filesystem));
    put(text, "label", record.identity.label);
    put(text, "container", record.container);
    put(text, "container-device", std::to_string(record.container_id.device));
    put(text, "container-inode", std::to_string(record.container_id.inode));
    put(text, "mount-point", record.mount_point);
    put(text, "made-mount-point", record.made_mount_point ? "1" : "0");
    put(text, "engine", record.engine == EngineKind::dm_crypt ? "dm-crypt" : "userspace");
    put(text, "access", record.access == os::Access::read_only ? "read-only" : "read-write");
    put(text, "engine-pid", std::to_string(record.mapping.process.pid));
    put(text, "engine-start", std::to_string(record.mapping.process.start_time));
    put(text, "loop", record.mapping.loop);
    put(text, "device", record.mapping.device);
    return text;
}

std::optional<Record> parse_record(std::string_view text) {
    const auto fields = fields_of(text);
    const auto luks = parse_uuid(text_in(fields, "luks"));
    const auto filesystem = parse_uuid(text_in(fields, "filesystem"));
    if (!luks || !filesystem) return std::nullopt;
    Record record;
    record.identity = {*luks, *filesystem, text_in(fields, "label")};
    record.container = text_in(fields, "container");
    record.container_id = {number_in(fields, "container-device"), number_in(fields, "container-inode")};
    record.mount_point = text_in(fields, "mount-point");
    record.made_mount_point = number_in(fields, "made-mount-point") != 0;
    record.engine = text_in(fields, "engine") == "dm-crypt" ? EngineKind::dm_crypt : EngineKind::userspace;
    record.access = text_in(fields, "access") == "read-only" ? os::Access::read_only : os::Access::read_write;
    record.mapping.process = {static_cast<int>(number_in(fields, "engine-pid")), number_in(fields, "engine-start")};
    record.mapping.loop = text_in(fields, "loop");
    record.mapping.device = text_in(fields, "device");
    return record;
}

std::vector<Record> read_records() {
    std::vector<Record> records;
    if (!has_runtime_folder()) return records;
    for (const auto& entry : records_folder().entries())
        if (const auto luks = parse_uuid(entry.name))
            if (auto record = read_own_record(*luks)) records.push_back(std::move(*record));
    const auto is_known = [&](const Record& foreign) {
        return std::ranges::any_of(records,
                                   [&](const Record& own) { return own.identity.luks == foreign.identity.luks; });
    };
    for (auto& foreign : foreign_records())
        if (!is_known(foreign)) records.push_back(std::move(foreign));
    return records;
}

std::optional<Record> read_record(const Uuid& luks) {
    if (auto own = read_own_record(luks)) return own;
    for (auto& foreign : foreign_records())
        if (foreign.identity.luks == luks) return std::move(foreign);
    return std::nullopt;
}

void write_record(const Record& record) {
    os::replace_small_file(record_path(record.identity.luks), serialize(record), 0600);
}

void erase_record(const Uuid& luks) {
    const auto path = record_path(luks);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) throw Error::from_errno(errno, "cannot remove " + path);
}

os::Fd lock_record(const Uuid& luks) {
    const auto folder = records_folder();
    const auto path = lock_path(luks);
    os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw Error::from_errno(errno, "cannot open " + path);
    if (!lock_patiently(fd.get(), os::Access::read_write))
        throw Error(ErrorCode::busy, "another kist is opening or closing this volume", "Try again in a moment.");
    return fd;
}

Judgement judge(const Record& record) {
    const auto engine = make_engine(record.engine);
    Judgement judgement{.mapping = engine->state(record.identity.luks, record.mapping),
                        .mounted = engine->owns_device(record.identity.luks, record.mapping) && is_mounted(record),
                        .unplugged = block::is_pulled(record.container_id.device)};
    if (judgement.mounted && filesystem_has_died(record)) judgement.mapping = MappingState::broken;
    return judgement;
}

}  // namespace kist::volume
