#include "kist/base/uuid.hpp"
#include "kist/volume/mounted_volume.hpp"

#include "volume/container.hpp"
#include "volume/mount_point.hpp"
#include "volume/opening.hpp"

namespace kist::volume {

MountedVolume open(const OpenOptions& options, const Secret& key) {
    auto container = Container::open(options.path, options.access);
    make_way_for(container.id());
    container.lock();
    auto header = luks::Header::load(container.path());
    MountPoint mount_point(options.mount_point, header.label().empty() ? to_string(header.uuid()) : header.label());
    const auto volume_key = header.unlock(key);
    Opening opening(std::move(container), std::move(header), std::move(mount_point), options.engine);
    opening.map(volume_key);
    opening.mount();
    auto volume = opening.attach();
    opening.done();
    return volume;
}

}  // namespace kist::volume
