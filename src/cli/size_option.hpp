#pragma once
// Sizes as options take them.

#include "kist/base/byte_count.hpp"

#include <string>

namespace kist::cli {

// "4G", "512M", "1.5T". Anything else: a usage Error that names the option.
ByteCount parse_size(const std::string& option, const std::string& text);

}  // namespace kist::cli
