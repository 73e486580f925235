#pragma once
// Makes a volume larger or smaller, with the filesystem in it.

#include "kist/base/byte_count.hpp"
#include "kist/luks/header.hpp"
#include "kist/volume/open_volume.hpp"

#include <optional>
#include <string>

namespace kist::volume {

struct ResizeOptions {
    std::string path;               // container file or block device
    std::optional<ByteCount> size;  // of a container file; nullopt: a partition or disk to all that is there
};

struct ResizeSummary {
    ByteCount before;  // of the file, partition or disk
    ByteCount after;
    std::optional<OpenVolume> open;  // it was open, and is again, at the same place
};

// The volume is closed and opened again meanwhile, if it was open: in use is a busy Error before anything is changed.
// Growing: first the space, then the filesystem. Shrinking: first the filesystem, then the space, so that a crash
// in between costs nothing but the repetition. Errors: no_key; no_space where there is not enough for the file, or
// what it holds does not fit, with the old size kept; usage for xfs, which does not shrink, and for what cannot be.
// `unlock` is called once, before anything is closed.
ResizeSummary resize(const ResizeOptions& options, const luks::Unlock& unlock);

}  // namespace kist::volume
