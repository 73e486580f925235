#include "kist/volume/erase.hpp"

#include "kist/base/error.hpp"
#include "kist/block/disk.hpp"
#include "kist/block/signature.hpp"
#include "kist/luks/erase.hpp"
#include "kist/luks/header.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/open_volume.hpp"
#include "kist/volume/target.hpp"

#include "volume/container.hpp"
#include "volume/opening.hpp"

#include <filesystem>

namespace kist::volume {
namespace {

// Open, under another name too: busy, also by dm-crypt of somebody else's making.
Container claim(const std::string& path) {
    auto container = Container::open(path, os::Access::read_write);
    make_way_for(container.id());
    container.lock();
    return container;
}

}  // namespace

Erasable examine_for_erasing(const std::string& path) {
    const auto device = volume_device(path);
    const auto container = claim(device);
    const auto header = luks::Header::load(device);
    return {.path = container.path(),
            .uuid = header.uuid(),
            .label = header.label(),
            .size = block::device_number(device) ? block::device_size(device)
                                                 : ByteCount{std::filesystem::file_size(device)}};
}

void erase(const Erasable& volume) {
    const auto container = claim(volume.path);
    if (luks::Header::load(volume.path).uuid() != volume.uuid)
        throw Error(ErrorCode::failed, os::printable(volume.path) + " is not the volume that was looked at",
                    "Was a disk pulled meanwhile? Nothing was changed.");
    luks::erase(volume.path);
    const auto left = block::probe_all(volume.path);
    if (!left.empty())
        throw Error(ErrorCode::failed,
                    os::printable(volume.path) + " still shows " + left.front().type + " after it was erased");
}

}  // namespace kist::volume
