#pragma once
// Volumes that cryptsetup, systemd or udisks has opened by dm-crypt and mounted: open for Kist as if it had opened them
// itself. They are found by what the kernel says of each mapping (/sys/block/dm-*), whatever it is called. Only
// filesystems with a .kist folder count: not every encrypted disk of this machine is for backups.

#include "volume/registry.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace kist::volume {

std::vector<Record> foreign_records();

// The LUKS UUID in a mapping's own UUID as libcryptsetup and all the others make it: CRYPT-LUKS2-<32 digits>-NAME.
std::optional<Uuid> luks_uuid_of_mapping(std::string_view dm_uuid);

}  // namespace kist::volume
