#pragma once

namespace kist::volume {

// An exclusive lock on the open file, tried for two seconds: an engine whose volume was just closed, or whose kist was
// killed, is about to let go. false: somebody else keeps it.
bool lock_patiently(int fd);

}  // namespace kist::volume
