#pragma once
#include "kist/base/error.hpp"
#include "kist/volume/open_volume.hpp"

#include <optional>

namespace kist::volume {

// Why work on an open volume may just have failed, where the reason is the volume itself: its engine has died, its disk
// is gone, the disk that holds its container file is full, the kernel has stopped writing to it. nullopt: none of
// these. The Error's code is the right one to end with.
std::optional<Error> diagnose(const OpenVolume& volume);

}  // namespace kist::volume
