#pragma once
// What every run says until it is no longer so: volume::lockout_risks() of the volume in this container or device.
// Where its header or what is remembered of it cannot be read, that is said elsewhere: nothing here.

#include "cli/session.hpp"

#include <string>
#include <vector>

namespace kist::cli {

std::vector<std::string> lockout_notes(const Place& place);

}  // namespace kist::cli
