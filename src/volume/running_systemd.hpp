#pragma once
// The running systemd, where there is one.

#include <string>

namespace kist::volume {

// So that it reads crypttab and fstab again.
void reload_systemd();

// Stops a unit that systemd has made from crypttab, so that it knows that what the unit set up is gone: it would not
// start it again otherwise. No such unit is success; one that cannot be stopped is left to the caller.
void stop_generated_unit(const std::string& unit);

}  // namespace kist::volume
