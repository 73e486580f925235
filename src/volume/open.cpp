#include "kist/base/error.hpp"
#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/mounted_volume.hpp"
#include "kist/volume/target.hpp"

#include "volume/container.hpp"
#include "volume/mount_point.hpp"
#include "volume/opening.hpp"

namespace kist::volume {

namespace {

void refuse_unfinished(const std::string& path) {
    const auto state = unfinished_preparation(path);
    if (state.empty()) return;
    const auto name = os::printable(path);
    throw Error(ErrorCode::failed, name + " cannot be opened: " + state, "kist prepare " + name + " begins again.");
}

}  // namespace

MountedVolume open(const OpenOptions& options, const Secret& key) {
    return open(options, [&](const luks::Header& header) { return header.unlock(key); });
}

MountedVolume open(const OpenOptions& options, const luks::Unlock& unlock) {
    auto container = Container::open(volume_device(options.path), options.access);
    make_way_for(container.id());
    container.lock();
    refuse_unfinished(container.path());
    auto header = luks::Header::load(container.path());
    make_way_for(header.uuid());
    MountPoint mount_point(options.mount_point, header.label().empty() ? to_string(header.uuid()) : header.label());
    const auto volume_key = unlock(header);
    Opening opening(std::move(container), std::move(header), std::move(mount_point), options.engine);
    opening.map(volume_key);
    opening.mount();
    auto volume = opening.attach();
    opening.done();
    return volume;
}

}  // namespace kist::volume
