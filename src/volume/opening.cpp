#include "volume/opening.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/signature.hpp"
#include "kist/mount/fuse2fs.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/process.hpp"

#include "volume/teardown.hpp"

#include <filesystem>

namespace kist::volume {
namespace {

[[noreturn]] void fail_open_already(const Record& record) {
    const auto pid = record.mapping.process.pid;
    const auto engine = pid == 0 ? "dm-crypt" : os::process_name(pid) + " (process " + std::to_string(pid) + ")";
    const auto container = os::printable(record.container);
    throw Error(ErrorCode::busy,
                container + " is open already: mounted at " + os::printable(record.mount_point) + " by " + engine,
                "kist close " + container + " closes it.");
}

// A volume that works stays as it is: busy. Of one that does not, what is left is cleaned up. The caller holds the
// lock.
void make_way(const Record& record) {
    const auto judgement = judge(record);
    if (judgement.is_open()) fail_open_already(record);
    take_down(record, judgement);
}

// A copy of a container has the same UUID, and two of them at once cannot be told apart.
os::Fd lock_and_make_way_for(const Uuid& luks) {
    auto lock = lock_record(luks);
    if (const auto record = read_record(luks)) make_way(*record);
    return lock;
}

// An ordinary user's decrypted device is the engine's file itself.
bool is_file(const std::string& path) {
    return std::filesystem::is_regular_file(path);
}

}  // namespace

void make_way_for(const Uuid& luks) {
    lock_and_make_way_for(luks);
}

void make_way_for(const ContainerId& id) {
    for (const auto& known : read_records()) {
        if (known.container_id != id) continue;
        const auto lock = lock_record(known.identity.luks);
        if (const auto record = read_record(known.identity.luks)) make_way(*record);
    }
}

void clean_up_after(const ContainerId& id) {
    for (const auto& known : read_records())
        if (known.container_id == id && !judge(known).is_open()) make_way_for(id);
}

Opening::Opening(Container container, luks::Header header, MountPoint mount_point, std::optional<EngineKind> engine)
    : container_(std::move(container)),
      header_(std::move(header)),
      lock_(lock_and_make_way_for(header_.uuid())),
      mount_point_(std::move(mount_point)) {
    record_.identity = {header_.uuid(), {}, header_.label()};
    record_.container = container_.path();
    record_.container_id = container_.id();
    record_.mount_point = mount_point_.path();
    record_.engine = choose_engine(engine);
    record_.access = container_.access();
}

Opening::~Opening() {
    if (!done_) undo();
}

// Written before anything is there to be found: whatever ends this process, close() finds what it has left.
void Opening::map(const Secret& volume_key) {
    write_record(record_);
    active_ = make_engine(record_.engine)->map(container_, header_, volume_key);
    record_.mapping = active_.mapping;
    write_record(record_);
}

void Opening::make_filesystem(mount::FilesystemKind kind) {
    const auto size =
        is_file(device()) ? ByteCount{std::filesystem::file_size(device())} : block::device_size(device());
    mount::make_filesystem(device(), {.kind = kind, .uuid = random_uuid(), .label = header_.label(), .size = size});
}

void Opening::mount() {
    const auto signature = block::probe(device());
    const auto uuid = signature ? parse_uuid(signature->uuid) : std::nullopt;
    if (!uuid)
        throw Error(ErrorCode::damaged, os::printable(container_.path()) + " is unlocked, but holds no filesystem",
                    "Was it prepared to the end? It can be prepared anew if it holds nothing.");
    repair(signature->type);
    record_.identity.filesystem = *uuid;
    record_.made_mount_point = mount_point_.create();
    write_record(record_);
    if (is_file(device()))
        mount::mount_by_fuse2fs(device(), mount_point_.path(), record_.access);
    else
        mount::mount_device(device(), mount_point_.path(), signature->type, record_.access);
}

void Opening::repair(const std::string& type) const {
    const auto kind = mount::parse_filesystem_kind(type);
    if (is_file(device()) && kind != mount::FilesystemKind::ext4)
        throw Error(ErrorCode::failed, "the volume holds " + os::printable(type) + ", which only root can mount",
                    "Ordinary users' volumes have ext4. Try again with sudo.");
    if (record_.access == os::Access::read_only || !kind) return;
    if (is_file(device()))
        mount::repair_without_journal(device());
    else
        mount::repair_if_marked(*kind, device());
}

MountedVolume Opening::attach() const {
    return MountedVolume::attach({.identity = record_.identity,
                                  .container = record_.container,
                                  .mount_point = record_.mount_point,
                                  .state = VolumeState::open,
                                  .engine = record_.engine,
                                  .access = record_.access,
                                  .engine_pid = record_.mapping.process.pid,
                                  .mounted_by = mounted_by(record_)});
}

void Opening::undo() noexcept {
    active_.hold.reset();
    container_.release();
    try {
        take_down(record_, judge(record_));
    } catch (const Error&) {  // its record stays: the next open or close tries again
    }
}

}  // namespace kist::volume
