#include "volume/mapping_engine.hpp"

#include "kist/luks/mapping.hpp"

#include "volume/dm_crypt_engine.hpp"
#include "volume/userspace_engine.hpp"

namespace kist::volume {

std::unique_ptr<MappingEngine> make_engine(EngineKind kind) {
    if (kind == EngineKind::dm_crypt) return std::make_unique<DmCryptEngine>();
    return std::make_unique<UserspaceEngine>();
}

EngineKind best_engine_here() {
    return luks::device_mapper_is_usable() ? EngineKind::dm_crypt : EngineKind::userspace;
}

}  // namespace kist::volume
