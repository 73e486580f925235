#pragma once
// The userspace engine's process: it holds the volume key and serves the decrypted device as one file until that is
// unmounted.
//
// It is forked from the caller and runs on without exec: it needs no hidden command, no path to its own program (which
// an upgrade may replace) and no key in arguments, environment or a file. What it must not inherit it drops: other
// descriptors, the terminal, signal handlers, the caller's secrets (their pages are wiped on fork).
//
// Start it before starting threads: only the forking thread goes on in the child.

#include "kist/base/secret.hpp"
#include "kist/fuse/file_server.hpp"
#include "kist/luks/header.hpp"

#include "volume/process_identity.hpp"

#include <string>

namespace kist::volume {

struct EngineProcess {
    int container;  // its lock, of this open file description, lives as long as the engine
    luks::Layout layout;
    std::string mount_file;  // an empty file to mount over
    fuse::Caching caching = fuse::Caching::none;
};

// Returns when the file is mounted and is served. The key travels over a socket pair. An engine that cannot start says
// why in the Error; one whose caller dies before this returns ends by itself.
ProcessIdentity start_engine(const EngineProcess& engine, const Secret& volume_key);

}  // namespace kist::volume
