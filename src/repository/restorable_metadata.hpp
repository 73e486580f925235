#pragma once
// Whether what the catalog says of an entry can be given to a file at all: a drill's part of the metadata.

#include "kist/repository/entry.hpp"

namespace kist::repository {

// Throws damaged for owners' names that no system has, and for extended attributes and ACLs that no kernel takes.
void require_restorable(const Metadata& metadata);

}  // namespace kist::repository
