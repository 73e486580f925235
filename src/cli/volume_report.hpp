#pragma once
// What prepare, open, close and status say of a volume.

#include "kist/base/byte_count.hpp"
#include "kist/volume/open_volume.hpp"

#include "cli/json_names.hpp"

#include <string>
#include <vector>

namespace kist::cli {

const char* to_text(volume::EngineKind engine) noexcept;

// Adds container, label, uuid, filesystem_uuid, mount_point and engine.
void put_volume(Json& object, const volume::OpenVolume& volume);

struct Space {
    ByteCount size;
    ByteCount free;
};
Space space_at(const std::string& directory);

}  // namespace kist::cli
