#pragma once
// What is backed up: folders and files as they are typed, and sources of the configuration by their names.

#include "kist/config/configuration.hpp"

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace kist::cli {

struct ChosenSource {
    std::string path;                            // as it was typed, or as the configuration has it; a mailbox's URL
    const config::Source* configured = nullptr;  // lives as long as the configuration
};

// Those of one volume.
struct ChosenSources {
    std::string volume;  // its name or whatever --volume takes; empty: the default one
    std::vector<ChosenSource> sources;
};

// words: names and paths; none: all that is configured. A word without a slash is a name if the configuration has it;
// a path that is configured is backed up as it says there; so is a mailbox. Errors: usage where nothing is chosen, and
// those of the configuration.
std::vector<ChosenSources> choose_sources(const GlobalOptions& options, const std::vector<std::string>& words);

}  // namespace kist::cli
