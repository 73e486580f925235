#pragma once
// The configuration as it counts, defaults and paths worked in: as TOML that means the same, and as JSON.

#include "kist/config/configuration.hpp"

#include "cli/json_names.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kist::cli {

std::string toml_of(const config::Configuration& configuration);  // lines, each with its newline

// The table of one source, from an empty line on; with where it comes from, if it says so.
std::string toml_of(const config::Source& source);

// A basic string: quotes, backslashes and controls escaped, bytes that are not UTF-8 replaced.
std::string toml_string(std::string_view text);

Json json_of(const config::Volume& volume);
Json json_of(const config::Source& source);
Json json_of(const config::Notify& notify);

}  // namespace kist::cli
