#pragma once
// Reads the files with rules that stand in one folder, .kistignore and others. Symlinks are not followed, and nothing
// but a regular file of up to 1 MiB is read.

#include "kist/os/directory.hpp"
#include "kist/selection/selection.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::selection {

struct FileTrouble {
    std::string name;
    std::string reason;
};

// directory: at `path`, which is for people. may_have: false for names that are known not to stand there. Rules of
// files that cannot be read do not count; they are returned.
std::vector<FileTrouble> read_folder_files(const Selection& selection, Folder& folder, const os::Directory& directory,
                                           const std::string& path,
                                           const std::function<bool(std::string_view name)>& may_have);

}  // namespace kist::selection
