#include "volume/dm_crypt_engine.hpp"

#include "kist/luks/mapping.hpp"

#include "volume/mapping_name.hpp"
#include "volume/running_systemd.hpp"
#include "volume/systemd_names.hpp"

#include <filesystem>

namespace kist::volume {
namespace {

// systemd and udisks may have called it otherwise. Of a mapping that was not made to the end no device is known.
std::string name_of(const Uuid& luks, const Mapping& mapping) {
    return mapping.device.empty() ? mapping_name(luks) : std::filesystem::path(mapping.device).filename().string();
}

}  // namespace

ActiveMapping DmCryptEngine::map(Container& container, const luks::Header& header, const Secret& volume_key) {
    const auto name = mapping_name(header.uuid());
    ActiveMapping active;
    active.mapping.device = luks::mapping_path(name);
    if (container.kind() == ContainerKind::file) {
        active.hold = block::LoopDevice::attach(container.fd(), container.path(), header.layout().sector_size);
        active.mapping.loop = active.hold->path();
    }
    // dm-crypt claims the device below it for itself; from here on the mapping's name keeps others out.
    container.release();
    luks::activate_mapping(active.hold ? active.mapping.loop : container.path(), name, volume_key, container.access());
    return active;
}

void DmCryptEngine::unmap(const Uuid& luks, const Mapping& mapping) {
    const auto name = name_of(luks, mapping);
    stop_generated_unit(systemd_instance("systemd-cryptsetup", name, "service"));
    luks::deactivate_mapping(name);  // the loop device frees itself
}

void DmCryptEngine::let_go(const Uuid& luks, const Mapping& mapping) {
    luks::deactivate_mapping_with_last_user(name_of(luks, mapping));
}

MappingState DmCryptEngine::state(const Uuid& luks, const Mapping& mapping) const {
    return luks::mapping_exists(name_of(luks, mapping)) ? MappingState::whole : MappingState::gone;
}

bool DmCryptEngine::owns_device(const Uuid& luks, const Mapping& mapping) const {
    return state(luks, mapping) == MappingState::whole;
}

}  // namespace kist::volume
