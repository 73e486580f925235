#pragma once
// .kist/reserve: space set aside so that a committed run can be applied, and later forgotten, on a full volume.

#include "kist/os/directory.hpp"

namespace kist::repository {

// Makes the reserve whole, as far as there is space. Never throws for lack of it.
void fill_reserve(const os::Directory& control);
// Frees it where nearly nothing else is free: even who only reads the catalog needs some blocks beside it.
void release_reserve_if_full(const os::Directory& control);
// Frees it. false: there was none.
bool release_reserve(const os::Directory& control);

}  // namespace kist::repository
