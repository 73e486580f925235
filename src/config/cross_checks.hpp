#pragma once
// What can only be judged once all files are read.

#include "kist/config/reading.hpp"

#include "config/table_reader.hpp"

#include <optional>
#include <vector>

namespace kist::config {

// A volume that is named has to be there.
void check_volume_name(const std::optional<Text>& name, const Configuration& configuration,
                       std::vector<Problem>& problems);

// One volume takes no path twice, nor one within another.
void check_overlaps(const Configuration& configuration, std::vector<Problem>& problems);

}  // namespace kist::config
