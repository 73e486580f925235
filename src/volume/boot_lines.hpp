#pragma once
// The two lines of a boot entry, made and read back.

#include "kist/volume/boot_entry.hpp"

#include <string>
#include <vector>

namespace kist::volume {

std::string crypttab_line(const BootEntry& entry);
std::string fstab_line(const BootEntry& entry);

// The fields of a line are those of this volume's entry, whatever its options say by now.
bool is_crypttab_line_of(const std::vector<std::string>& fields, const Uuid& luks);
bool is_fstab_line_of(const std::vector<std::string>& fields, const Uuid& luks);

// What cannot be written into the tables so that every reader of them understands the same: a usage Error.
void require_expressible(const BootEntry& entry);

// Somebody else's line for the same volume, or for the same mount point: a usage Error.
void require_no_other_crypttab_line(const std::vector<std::string>& lines, const BootEntry& entry);
void require_no_other_fstab_line(const std::vector<std::string>& lines, const BootEntry& entry);

}  // namespace kist::volume
