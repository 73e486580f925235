#include "volume/dm_crypt_engine.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/mapping.hpp"

#include "volume/mapping_name.hpp"
#include "volume/running_systemd.hpp"
#include "volume/systemd_names.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace kist::volume {
namespace {

constexpr int kNames = 8;

// The first is the one that people see. A pulled disk's mapping may keep it until its last user lets go: the disk that
// was plugged in again takes the next one.
std::vector<std::string> possible_names(const Uuid& luks) {
    const auto first = mapping_name(luks);
    std::vector<std::string> names{first};
    for (int number = 2; number <= kNames; ++number) names.push_back(first + "-" + std::to_string(number));
    return names;
}

std::string free_name(const Uuid& luks) {
    const auto names = possible_names(luks);
    const auto name = std::ranges::find_if_not(names, luks::mapping_exists);
    if (name == names.end())
        throw Error(ErrorCode::busy,
                    "the volume's earlier mappings, " + names.front() + " and others, are still in use",
                    "lsof or fuser -m names the programs that use them.");
    return *name;
}

// systemd and udisks may have called it otherwise. An opening that was interrupted may not have come to tell which one
// it took.
std::vector<std::string> names_of(const Uuid& luks, const Mapping& mapping) {
    if (mapping.device.empty()) return possible_names(luks);
    return {std::filesystem::path(mapping.device).filename().string()};
}

}  // namespace

ActiveMapping DmCryptEngine::map(Container& container, const luks::Header& header, const Secret& volume_key) {
    const auto name = free_name(header.uuid());
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
    for (const auto& name : names_of(luks, mapping)) {
        stop_generated_unit(systemd_instance("systemd-cryptsetup", name, "service"));
        luks::deactivate_mapping(name);  // the loop device frees itself
    }
}

void DmCryptEngine::let_go(const Uuid& luks, const Mapping& mapping) {
    for (const auto& name : names_of(luks, mapping)) luks::deactivate_mapping_with_last_user(name);
}

MappingState DmCryptEngine::state(const Uuid& luks, const Mapping& mapping) const {
    const bool exists = std::ranges::any_of(names_of(luks, mapping), luks::mapping_exists);
    return exists ? MappingState::whole : MappingState::gone;
}

bool DmCryptEngine::owns_device(const Uuid& luks, const Mapping& mapping) const {
    return state(luks, mapping) == MappingState::whole;
}

}  // namespace kist::volume
