#include "cli/size_option.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"

#include <fmt/format.h>

namespace kist::cli {

ByteCount parse_size(const std::string& option, const std::string& text) {
    const auto size = parse_byte_count(text);
    if (!size)
        throw Error(ErrorCode::usage, fmt::format("{} {} is no size", option, os::printable(text)),
                    "Sizes look like 4G, 512M or 1.5T.");
    return *size;
}

}  // namespace kist::cli
