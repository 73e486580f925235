#include "config/file_loader.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"
#include "kist/os/guarded_path.hpp"

#include "config/document.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fnmatch.h>

namespace kist::config {
namespace {

void require_regular(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (error) throw Error::from_errno(error.value(), "cannot look at " + os::printable(path));
    if (!std::filesystem::is_regular_file(status))
        throw Error(ErrorCode::usage, fmt::format("{} is not a regular file", os::printable(path)));
    if (std::filesystem::file_size(path) > kLargestFile)
        throw Error(ErrorCode::usage,
                    fmt::format("{} is larger than {}", os::printable(path), to_string(ByteCount{kLargestFile})),
                    "Divide it among several files, with `include`.");
}

}  // namespace

File load(const std::string& path, Trust trust) {
    const auto real = trust == Trust::root ? os::require_guarded(path) : path;
    require_regular(real);
    return {path, os::read_small_file(real, kLargestFile)};
}

std::vector<std::string> expand(const std::string& pattern, const std::string& folder) {
    const auto absolute = pattern.starts_with('/') ? pattern : folder + "/" + pattern;
    if (absolute.find_first_of("*?[") == std::string::npos) return {absolute};
    const auto slash = absolute.rfind('/');
    const auto parent = absolute.substr(0, slash);
    const auto name = absolute.substr(slash + 1);
    std::error_code ignored;
    if (!std::filesystem::exists(parent + "/", ignored)) return {};
    std::vector<std::string> paths;
    for (const auto& entry : os::Directory::open(parent + "/").entries())
        if (fnmatch(name.c_str(), entry.name.c_str(), FNM_PERIOD) == 0) paths.push_back(parent + "/" + entry.name);
    std::ranges::sort(paths);
    return paths;
}

}  // namespace kist::config
