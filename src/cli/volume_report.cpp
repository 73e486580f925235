#include "cli/volume_report.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <cerrno>

#include <sys/statvfs.h>

namespace kist::cli {

const char* to_text(volume::EngineKind engine) noexcept {
    return engine == volume::EngineKind::dm_crypt ? "dm-crypt" : "userspace";
}

const char* to_text(volume::VolumeState state) noexcept {
    switch (state) {
        case volume::VolumeState::open:
            return "open";
        case volume::VolumeState::broken:
            return "broken";
        case volume::VolumeState::unplugged:
            return "unplugged";
    }
    return "";
}

std::optional<volume::EngineKind> parse_engine(const std::string& text) {
    if (text.empty()) return std::nullopt;
    for (const auto engine : {volume::EngineKind::dm_crypt, volume::EngineKind::userspace})
        if (text == to_text(engine)) return engine;
    throw Error(ErrorCode::usage, "--engine " + os::printable(text) + " is unknown",
                "There are dm-crypt and userspace.");
}

void put_volume(Json& object, const volume::OpenVolume& volume) {
    put_path(object, "container", volume.container);
    put_path(object, "label", volume.identity.label);
    object["uuid"] = to_string(volume.identity.luks);
    object["filesystem_uuid"] = to_string(volume.identity.filesystem);
    put_path(object, "mount_point", volume.mount_point);
    object["engine"] = to_text(volume.engine);
    if (volume.engine_pid != 0) object["engine_pid"] = volume.engine_pid;
    object["mounted_by"] = volume.mounted_by == volume::MountedBy::fuse2fs ? "fuse2fs" : "kernel";
    object["read_only"] = volume.access == os::Access::read_only;
}

Space space_at(const std::string& directory) {
    struct statvfs info {};
    if (statvfs(directory.c_str(), &info) != 0)
        throw Error::from_errno(errno, "cannot ask for the free space of " + os::printable(directory));
    return {ByteCount{info.f_blocks * info.f_frsize}, ByteCount{info.f_bavail * info.f_frsize}};
}

}  // namespace kist::cli
