#pragma once
// What the ways to stage a file ask of it.

#include "kist/os/file_status.hpp"
#include "kist/repository/run.hpp"

#include <string>

namespace kist::backup {

inline bool is_same_version(const os::FileStatus& a, const os::FileStatus& b) {
    return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime;
}

// Whether the plain file under this name may be another name's too, which does not become this file: with the same
// content it must not get its metadata.
inline bool is_shared(const repository::StagedChange& staged, const os::FileStatus& status) {
    return staged.known && staged.known->node &&
           (staged.known->identity.inode != status.inode || staged.known->identity.device != status.device);
}

inline std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace kist::backup
