#pragma once
// /run/kist, 0700: what is open on this machine since it was started.
//   LABEL            the default mount point of a volume
//   .plain/UUID      the decrypted device of the userspace engine, where its FUSE file is mounted
//   .open/UUID       the record of an open volume (registry.hpp), and UUID.lock

#include "kist/base/uuid.hpp"
#include "kist/os/directory.hpp"

#include <string>

namespace kist::volume {

// Made where it is missing. Not root: an Error that says so.
os::Directory runtime_folder();
os::Directory records_folder();

std::string plaintext_path(const Uuid& luks);
std::string record_path(const Uuid& luks);
std::string lock_path(const Uuid& luks);
std::string default_mount_point(const std::string& label);

}  // namespace kist::volume
