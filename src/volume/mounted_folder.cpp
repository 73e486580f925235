#include "kist/volume/mounted_folder.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/signature.hpp"
#include "kist/mount/mount_table.hpp"

#include <filesystem>

namespace kist::volume {
namespace {

// Without the right to read the device there is no UUID to be found.
std::optional<Uuid> uuid_on(const std::string& device) {
    if (!block::device_number(device)) return std::nullopt;
    try {
        const auto signature = block::probe(device);
        return signature ? parse_uuid(signature->uuid) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<MountedFolder> find_mounted_folder(const std::string& path) {
    std::error_code error;
    const auto canonical = std::filesystem::canonical(path, error).string();
    const auto mount = error ? std::nullopt : mount::find_mount(canonical);
    if (!mount || mount->root != "/") return std::nullopt;
    return MountedFolder{.path = canonical, .type = mount->type, .filesystem = uuid_on(mount->source)};
}

}  // namespace kist::volume
