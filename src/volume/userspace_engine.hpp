#pragma once
// A process that serves the decrypted device as a file by FUSE (engine_process.hpp), and a loop device over that file.

#include "volume/mapping_engine.hpp"

namespace kist::volume {

class UserspaceEngine : public MappingEngine {
  public:
    ActiveMapping map(Container& container, const luks::Header& header, const Secret& volume_key) override;
    void unmap(const Uuid& luks, const Mapping& mapping) override;
    void let_go(const Uuid& luks, const Mapping& mapping) override;
    MappingState state(const Uuid& luks, const Mapping& mapping) const override;
    bool owns_device(const Uuid& luks, const Mapping& mapping) const override;
};

}  // namespace kist::volume
