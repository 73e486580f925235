#pragma once
// An open-file-description lock (fcntl(2), F_OFD_SETLK): held by the descriptor, gone with its last holder however that
// ends. Never flock(2): libcryptsetup uses that on container files.

#include <optional>

#include <sys/types.h>

namespace kist::os {

enum class LockMode { shared, exclusive };

// Locks the whole file without waiting. false: somebody else holds a lock in the way.
bool try_lock(int fd, LockMode mode);
// Waits for it; EINTR from a signal throws an interrupted Error.
void wait_for_lock(int fd, LockMode mode);
void unlock(int fd);

}  // namespace kist::os
