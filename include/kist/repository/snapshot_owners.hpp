#pragma once
// Whose things a snapshot holds: for whoever restores it on a machine with other users.

#include "kist/repository/repository.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kist::repository {

struct OwnerShare {
    std::string name;  // empty: the number had none
    std::uint32_t number = 0;
    std::uint64_t entries = 0;

    friend bool operator==(const OwnerShare&, const OwnerShare&) = default;
};

struct SnapshotOwners {
    std::vector<OwnerShare> users;  // by name, then by number
    std::vector<OwnerShare> groups;
};

// Of all these snapshots together. Reads all rows of the catalog. Errors: damaged.
SnapshotOwners owners_of(const Repository& repository, const std::vector<Snapshot>& snapshots);

}  // namespace kist::repository
