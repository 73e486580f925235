#include "cli/state_folder.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/volume/local_state.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace kist::cli {

std::string state_folder(const char* name) {
    return std::filesystem::path(volume::local_state_folder()).parent_path() / name;
}

void make_state_folder(const std::string& folder) {
    std::error_code error;
    const bool is_made = std::filesystem::create_directories(folder, error);
    if (error) throw Error::from_errno(error.value(), fmt::format("cannot create {}", os::printable(folder)));
    if (is_made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
}

}  // namespace kist::cli
