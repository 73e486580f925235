#pragma once
// How systemd spells names in unit names (systemd.unit(5), "string escaping for inclusion in unit names").

#include <string>
#include <string_view>

namespace kist::volume {

// "mnt-my\x20disk.mount" for the normalised absolute path "/mnt/my disk" and "mount".
std::string systemd_unit_of_path(std::string_view path, std::string_view type);
// "systemd-cryptsetup@kist\x2d1.service" for the template "systemd-cryptsetup", the name "kist-1" and "service".
std::string systemd_instance(std::string_view unit, std::string_view name, std::string_view type);

}  // namespace kist::volume
