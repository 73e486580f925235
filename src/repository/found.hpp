#pragma once
// .kist/found: what nobody may delete but people. Beside each thing, under a random UUID, UUID.txt says what it is.

#include "kist/os/directory.hpp"

#include <string>

namespace kist::repository {

// Moves what stands under `name` there.
void move_to_found(const os::Directory& control, const os::Directory& folder, const std::string& name,
                   const std::string& note);
// A new file there, open for writing.
os::Fd create_in_found(const os::Directory& control, const std::string& note);

}  // namespace kist::repository
