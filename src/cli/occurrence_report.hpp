#pragma once
// A path and the snapshots that hold it, in JSON.

#include "kist/repository/catalog.hpp"

#include "cli/json_names.hpp"

namespace kist::cli {

Json json_of(const repository::Occurrence& occurrence);

}  // namespace kist::cli
