#include "kist/config/confirmation.hpp"

#include "kist/base/error.hpp"
#include "kist/os/directory.hpp"
#include "kist/os/file.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace kist::config {
namespace {

std::string mark_of(const std::string& main_file) {
    return main_file + ".unconfirmed";
}

}  // namespace

void hold_back_programs(const std::string& main_file) {
    os::replace_small_file(
        mark_of(main_file),
        "This configuration came back by a rescue. Until `kist config confirm`, none of its programs "
        "runs.\n");
}

bool are_programs_held_back(const std::string& main_file) {
    struct stat status {};
    return lstat(mark_of(main_file).c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

void confirm_programs(const std::string& main_file) {
    const auto mark = mark_of(main_file);
    if (unlink(mark.c_str()) != 0 && errno != ENOENT)
        throw Error::from_errno(errno, "cannot remove " + os::printable(mark));
}

}  // namespace kist::config
