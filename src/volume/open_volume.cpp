#include "kist/volume/open_volume.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include "volume/registry.hpp"
#include "volume/teardown.hpp"

#include <filesystem>

#include <sys/stat.h>

namespace kist::volume {
namespace {

VolumeState state_of(const Judgement& judgement) {
    if (judgement.unplugged) return VolumeState::unplugged;
    return judgement.is_open() ? VolumeState::open : VolumeState::broken;
}

OpenVolume describe(const Record& record, const Judgement& judgement) {
    return {.identity = record.identity,
            .container = record.container,
            .mount_point = record.mount_point,
            .state = state_of(judgement),
            .engine = record.engine,
            .access = record.access,
            .engine_pid = record.mapping.process.pid,
            .mounted_by = mounted_by(record)};
}

// Without asking the filesystem that may be mounted there: its engine may have died.
std::string canonical_parent(const std::string& path) {
    std::error_code error;
    auto absolute = std::filesystem::absolute(path, error).lexically_normal();
    if (absolute.filename().empty()) absolute = absolute.parent_path();
    const auto parent = std::filesystem::canonical(absolute.parent_path(), error);
    return error ? absolute.string() : (parent / absolute.filename()).string();
}

std::optional<OpenVolume> find_by_label(const std::vector<Record>& records, std::string_view label) {
    std::optional<OpenVolume> found;
    for (const auto& record : records) {
        if (record.identity.label != label) continue;
        const auto judgement = judge(record);
        if (judgement.is_gone()) continue;
        if (found)
            throw Error(ErrorCode::usage, "more than one open volume is called " + os::printable(label),
                        "Name the one you mean: " + os::printable(found->container) + " or " +
                            os::printable(record.container) + ".");
        found = describe(record, judgement);
    }
    return found;
}

// nullopt: flushed. The error is kept until everything is closed.
std::optional<Error> flush(const std::string& mount_point) {
    try {
        const auto root = os::Directory::open(mount_point);
        os::sync_filesystem(root.fd(), mount_point);
        return std::nullopt;
    } catch (const Error& error) {
        return error;
    }
}

}  // namespace

std::vector<OpenVolume> list_open() {
    std::vector<OpenVolume> volumes;
    for (const auto& record : read_records())
        if (const auto judgement = judge(record); !judgement.is_gone()) volumes.push_back(describe(record, judgement));
    return volumes;
}

std::optional<OpenVolume> find(std::string_view name) {
    const std::string path(name);
    const auto records = read_records();
    const auto container = find_container_id(path);
    const auto absolute = canonical_parent(path);
    const auto uuid = parse_uuid(name);
    for (const auto& record : records) {
        const bool is_its_container =
            container ? container == record.container_id : absolute == record.container;  // gone: a disk was pulled
        if (!is_its_container && absolute != record.mount_point && uuid != record.identity.luks) continue;
        if (const auto judgement = judge(record); !judgement.is_gone()) return describe(record, judgement);
    }
    return find_by_label(records, name);
}

CloseSummary close(const OpenVolume& volume, CloseMode mode) {
    const auto lock = lock_record(volume.identity.luks);
    const auto record = read_record(volume.identity.luks);
    if (!record) return {};
    auto judgement = judge(*record);
    const bool mounted = judgement.mounted;
    const auto lost = judgement.is_open() ? flush(record->mount_point) : std::nullopt;
    if (lost) judgement = judge(*record);  // the engine may have died just now
    const bool worked = judgement.mapping == MappingState::whole && !judgement.unplugged;
    CloseSummary summary{.engine_had_died = mounted && !worked && !judgement.unplugged,
                         .had_been_unplugged = judgement.unplugged,
                         .still_used_by = ""};
    if (mode == CloseMode::lazy && worked)
        summary.still_used_by = let_go(*record, judgement);
    else
        take_down(*record, judgement);
    if (lost && worked)
        throw Error(ErrorCode::failed, "the volume is closed, but not everything could be written: " + lost->message(),
                    "Open it and check it before you rely on it.");
    return summary;
}

}  // namespace kist::volume
