#include "kist/volume/user_disk.hpp"

#include "kist/base/error.hpp"
#include "kist/mount/holders.hpp"
#include "kist/mount/mount_table.hpp"
#include "kist/os/directory.hpp"
#include "kist/udisks/service.hpp"

#include <filesystem>

#include <unistd.h>

namespace kist::volume {
namespace {

udisks::Service require_service() {
    auto service = udisks::Service::find();
    if (!service)
        throw Error(ErrorCode::failed, "opening a disk needs root, or udisks2, which is not running here",
                    "Try again with sudo, or install udisks2.");
    return std::move(*service);
}

udisks::Object require_encrypted(udisks::Service& service, const std::string& device) {
    const auto object = service.device(std::filesystem::canonical(device).string());
    if (!object)
        throw Error(ErrorCode::not_found, "udisks does not know " + os::printable(device), "Is it plugged in?");
    if (service.type(*object) != "crypto_LUKS")
        throw Error(ErrorCode::usage, os::printable(device) + " is no LUKS volume",
                    "Name the partition that holds it, not the whole disk.");
    return *object;
}

os::Access access_at(const std::string& mount_point) {
    return access(mount_point.c_str(), W_OK) != 0 && errno == EROFS ? os::Access::read_only : os::Access::read_write;
}

OpenVolume describe(udisks::Service& service, const udisks::Object& encrypted, const udisks::Object& decrypted,
                    const std::string& mount_point) {
    return {.identity = {.luks = parse_uuid(service.uuid(encrypted)).value_or(Uuid{}),
                         .filesystem = parse_uuid(service.uuid(decrypted)).value_or(Uuid{}),
                         .label = service.label(encrypted)},
            .container = service.device_path(encrypted),
            .mount_point = mount_point,
            .state = VolumeState::open,
            .engine = EngineKind::dm_crypt,
            .access = access_at(mount_point),
            .engine_pid = 0};
}

}  // namespace

bool is_user_disk(const std::string& path) {
    std::error_code ignored;
    return geteuid() != 0 && std::filesystem::is_block_file(path, ignored);
}

std::optional<OpenVolume> find_user_disk(const std::string& device) {
    auto service = require_service();
    const auto encrypted = require_encrypted(service, device);
    const auto decrypted = service.decrypted(encrypted);
    const auto mount_point = decrypted ? service.mount_point(*decrypted) : std::nullopt;
    if (!mount_point) return std::nullopt;
    return describe(service, encrypted, *decrypted, *mount_point);
}

std::optional<OpenVolume> find_user_disk_at(const std::string& mount_point) {
    std::error_code absent;
    const auto folder = std::filesystem::canonical(mount_point, absent);
    const auto mount = absent ? std::nullopt : mount::find_mount(folder.string());
    auto service = mount ? udisks::Service::find() : std::nullopt;
    const auto decrypted =
        service && mount->source.starts_with("/dev/") ? service->device(mount->source) : std::nullopt;
    const auto encrypted = decrypted ? service->encrypted(*decrypted) : std::nullopt;
    if (!encrypted) return std::nullopt;
    return describe(*service, *encrypted, *decrypted, folder.string());
}

OpenVolume open_user_disk(const std::string& device, os::Access access, const Secret& key) {
    auto service = require_service();
    const auto encrypted = require_encrypted(service, device);
    auto decrypted = service.decrypted(encrypted);
    if (const auto mounted = decrypted ? service.mount_point(*decrypted) : std::nullopt)
        throw Error(ErrorCode::busy, os::printable(device) + " is open already, at " + os::printable(*mounted));
    const bool was_locked = !decrypted;
    if (was_locked) decrypted = service.unlock(encrypted, key, access);
    try {
        const auto mount_point = service.mount(*decrypted, access);
        return describe(service, encrypted, *decrypted, mount_point);
    } catch (const Error&) {
        if (was_locked) service.lock(encrypted);
        throw;
    }
}

void close_user_disk(const OpenVolume& volume) {
    auto service = require_service();
    const auto encrypted = require_encrypted(service, volume.container);
    const auto decrypted = service.decrypted(encrypted);
    if (!decrypted) return;
    try {
        if (service.mount_point(*decrypted)) service.unmount(*decrypted);
    } catch (const Error& error) {
        const auto holders = mount::describe(mount::holders_of_mount(volume.mount_point));
        if (error.code() != ErrorCode::busy || holders.empty()) throw;
        throw Error(ErrorCode::busy, os::printable(volume.mount_point) + " is in use by " + holders, error.hint());
    }
    service.lock(encrypted);
}

}  // namespace kist::volume
