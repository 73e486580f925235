#pragma once
#include "kist/base/uuid.hpp"

#include <optional>
#include <string>

namespace kist::volume {

// A folder that something else has mounted: the filesystem whose root it shows.
struct MountedFolder {
    std::string path;                // canonical
    std::string type;                // ext4, …
    std::optional<Uuid> filesystem;  // nullopt: it has none, or none that can be found (network, FUSE)
};

// nullopt: nothing is mounted just there.
std::optional<MountedFolder> find_mounted_folder(const std::string& path);

}  // namespace kist::volume
