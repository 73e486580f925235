#pragma once
// What prepare, open, close and status say of a volume.

#include "kist/base/byte_count.hpp"
#include "kist/volume/open_volume.hpp"

#include "cli/json_names.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kist::cli {

const char* to_text(volume::EngineKind engine) noexcept;
const char* to_text(volume::VolumeState state) noexcept;
// "": nullopt. Anything else that to_text() does not say is a usage Error.
std::optional<volume::EngineKind> parse_engine(const std::string& text);

// Adds container, label, uuid, filesystem_uuid, mount_point, engine, engine_pid (userspace), mounted_by and
// read_only.
void put_volume(Json& object, const volume::OpenVolume& volume);

struct Space {
    ByteCount size;
    ByteCount free;
};
Space space_at(const std::string& directory);

}  // namespace kist::cli
