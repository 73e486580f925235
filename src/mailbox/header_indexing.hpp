#pragma once
// After a backup of a mailbox: the headers of its new messages go into the catalog's index.

#include "kist/repository/repository.hpp"
#include "kist/repository/snapshot.hpp"

#include <atomic>

namespace kist::mailbox {

// snapshot: just committed, the repository still locked. The index is a cache, and the backup is done: whatever goes
// wrong here only means that those messages are read when somebody looks for one.
void index_headers(const repository::Repository& repository, const repository::Snapshot& snapshot,
                   const std::atomic<bool>* interrupted) noexcept;

}  // namespace kist::mailbox
