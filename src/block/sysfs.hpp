#pragma once
// Block devices in sysfs: /sys/dev/block/MAJOR:MINOR leads to a device's folder, whose name is the kernel's for it.

#include "kist/base/byte_count.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kist::block {

// Symlinks resolved: "/sys/devices/…/block/sdb/sdb1". nullopt: the kernel knows no such device.
std::optional<std::string> sysfs_folder(std::uint64_t number);

// The trimmed content of a small file below a folder; nullopt: not there, or not readable.
std::optional<std::string> attribute(const std::string& folder, const std::string& name);
std::optional<std::uint64_t> number_attribute(const std::string& folder, const std::string& name);
// The device number in the file `dev`; 0: none.
std::uint64_t device_number_of(const std::string& folder);
// The names in a folder, sorted; none where there is no folder.
std::vector<std::string> names_in(const std::string& folder);

std::string_view last_component(std::string_view path);

}  // namespace kist::block
