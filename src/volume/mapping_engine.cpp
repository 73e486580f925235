#include "volume/mapping_engine.hpp"

#include "kist/base/error.hpp"
#include "kist/luks/mapping.hpp"

#include "volume/dm_crypt_engine.hpp"
#include "volume/userspace_engine.hpp"

namespace kist::volume {

std::unique_ptr<MappingEngine> make_engine(EngineKind kind) {
    if (kind == EngineKind::dm_crypt) return std::make_unique<DmCryptEngine>();
    return std::make_unique<UserspaceEngine>();
}

EngineKind choose_engine(std::optional<EngineKind> wanted) {
    if (wanted == EngineKind::userspace) return EngineKind::userspace;
    if (luks::device_mapper_is_usable()) return EngineKind::dm_crypt;
    if (!wanted) return EngineKind::userspace;
    throw Error(ErrorCode::failed, "the dm-crypt engine cannot be used: this kernel has no device mapper for us",
                "Leave --engine out: the userspace engine does the same, somewhat slower.");
}

}  // namespace kist::volume
