#pragma once
// What is open on this machine since it was started, 0700: /run/kist for root, for a user $XDG_RUNTIME_DIR/kist.
//   LABEL            the default mount point of a volume
//   .plain/UUID      the decrypted device of the userspace engine, where its FUSE file is mounted
//   .open/UUID       the record of an open volume (registry.hpp), and UUID.lock

#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"

#include <string>

namespace kist::volume {

// false: there is no place for one, so nothing is open.
bool has_runtime_folder();
// Made where it is missing. Somebody else's, or a user without $XDG_RUNTIME_DIR: an Error that says so.
os::Directory runtime_folder();
os::Directory records_folder();

std::string plaintext_path(const Uuid& luks);
std::string record_path(const Uuid& luks);
std::string lock_path(const Uuid& luks);
std::string default_mount_point(const std::string& label);

}  // namespace kist::volume
