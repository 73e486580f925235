#pragma once
// SQLite databases that some program has open: a -wal file stands beside them, with what is not in the database yet.

#include "kist/os/directory.hpp"
#include "kist/os/fd.hpp"
#include "kist/repository/repository.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kist::backup {

// The file begins as a database does, and has its log beside it. What cannot be read is none.
bool is_open_database(const os::Directory& folder, const std::string& name);

// Takes the logs of open databases, and what belongs to those, out of a folder's sorted names: what is in them is in
// the copies. Returns the databases, sorted.
std::vector<std::string> take_out_logs(const os::Directory& folder, std::vector<os::DirectoryEntry>& found);

// What an open database holds at one moment, as a file in .kist/staging that has no name any more. Errors: as of
// sqlite::copy_online().
os::Fd copy_open_database(const repository::Repository& repository, const os::Directory& folder,
                          const std::string& name, const std::function<void()>& on_progress);

}  // namespace kist::backup
