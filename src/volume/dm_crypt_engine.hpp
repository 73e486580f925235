#pragma once
// The kernel's dm-crypt on the block device, or on a loop device over the container file.

#include "volume/mapping_engine.hpp"

namespace kist::volume {

class DmCryptEngine : public MappingEngine {
  public:
    ActiveMapping map(Container& container, const luks::Header& header, const Secret& volume_key) override;
    void unmap(const Uuid& luks, const Mapping& mapping) override;
    void let_go(const Uuid& luks, const Mapping& mapping) override;
    MappingState state(const Uuid& luks, const Mapping& mapping) const override;
    bool owns_device(const Uuid& luks, const Mapping& mapping) const override;
};

}  // namespace kist::volume
