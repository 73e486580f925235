#pragma once
// A disk, shown before something is done to it.

#include "kist/volume/target.hpp"

#include "cli/json_names.hpp"

#include <string>

namespace kist::cli {

// Lines for people: the disk's model, size, serial and transport, what is on it, what uses it. Printable.
std::string describe_target(const volume::Target& target);

// path, kind, model, vendor, serial, transport, size, removable, read_only, sector_size, by_id, signatures, partitions,
// uses, unfinished.
Json target_json(const volume::Target& target);

}  // namespace kist::cli
