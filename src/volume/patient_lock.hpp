#pragma once
#include "kist/os/access.hpp"

namespace kist::volume {

// A lock on the open file, shared for readers, tried for two seconds: an engine whose volume was just closed, or whose
// kist was killed, is about to let go. false: somebody else keeps it.
bool lock_patiently(int fd, os::Access access);

}  // namespace kist::volume
