#pragma once
// Which boundary of a backup something lies beyond.

#include "kist/os/directory.hpp"
#include "kist/selection/boundaries.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace kist::selection {

enum class Limit {
    none,
    one_filesystem,
    pseudo_filesystem,
    cache,
    tag,
    nodump,
    smallest,
    largest,
    newer_than,
    older_than
};

// Of one name, by its status.
Limit limit_of(const Boundaries& boundaries, const os::FileStatus& status);

// Of what is in a folder.
struct FolderLimit {
    Limit limit = Limit::none;
    std::string kept;  // the name that is backed up nevertheless, if any
};
// is_mount_point: it lies on another filesystem than the folder above. holds: whether a name stands in it.
FolderLimit limit_in(const Boundaries& boundaries, const os::Directory& directory, bool is_mount_point,
                     const std::function<bool(std::string_view name)>& holds);

}  // namespace kist::selection
