#pragma once
// Giving plain files of the mirror their metadata, as far as the volume's filesystem and the caller's rights allow; the
// catalog holds the rest. Errors other than missing rights are thrown.

#include "kist/os/directory.hpp"
#include "kist/repository/entry.hpp"

namespace kist::repository {

// A file that was just created with mode 0600 by this process and has no attributes yet, still open.
void set_fresh_metadata(int fd, const Metadata& metadata);
// Whatever stands under the name, symlinks themselves too. Times come last.
void set_plain_metadata(const os::Directory& directory, const std::string& name, const Metadata& metadata);

// Whether a file has the type, size and time that Kist left it with: nobody has touched it since. A copied volume has
// other inodes, so they are for those to compare who know better.
bool is_as_left(const os::FileStatus& status, const Metadata& metadata);

}  // namespace kist::repository
